import { describe, expect, test } from 'vitest'
import { createLookerCalls } from '../../lib/embed/looker-calls.ts'
import { BrokerError, LookerError } from '../../lib/errors.ts'
import type { LookerFailure } from '../../lib/errors.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import { Secret } from '../../lib/secret.ts'
import { deadlineIn } from '../../lib/time.ts'
import type { Deadline } from '../../lib/time.ts'
import type { Demand } from '../../lib/tokens/decide.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { service } from '../scenarios/fleet.ts'

type End = (base: Secret, reference: Secret, deadline: Deadline) => Promise<void>

const failing =
  (failure: LookerFailure, detail = {}): End =>
  () =>
    Promise.reject(new LookerError(failure, 'as the test says', detail))
const fine: End = () => Promise.resolve()

const notAsked = () => Promise.reject(new Error('asked all the same'))

/** A Looker that answers call by call as the test says, the last for good. */
const together = (...answers: readonly End[]) => {
  const clock = createFakeClock()
  const demands: Demand[] = []
  const calls: { readonly base: string; readonly atMs: number }[] = []
  const events: BrokerEvent[] = []
  const { end } = createLookerCalls({
    clock,
    report: (event) => events.push(event),
    chance: () => 1,
    service,
    getToken: async (_principal, demand) => {
      demands.push(demand)
      const secret = new Secret(`base-${demands.length}`)
      return { secret, issuedAtMs: 0, expiresAtMs: 3_600_000, generation: 1 }
    },
    looker: {
      acquire: notAsked,
      generate: notAsked,
      end: (base, ...request) => {
        calls.push({ base: base.reveal(), atMs: clock.monotonic() })
        const answer = answers[Math.min(calls.length, answers.length) - 1] ?? fine
        return answer(base, ...request)
      },
    },
  })
  const run = (limitMs = 5_000) =>
    clock.run(end(new Secret('reference'), deadlineIn(clock, limitMs)).then(() => 'done', String))
  return { run, calls, demands, events, clock }
}

const times = ({ calls }: ReturnType<typeof together>) => calls.map(({ atMs }) => atMs)

describe('a call to Looker', () => {
  test.each<[LookerFailure, object]>([
    ['unreachable', {}],
    ['timeout', {}],
    ['server-error', { status: 503 }],
    ['rate-limited', { status: 429 }],
    ['invalid-reply', { status: 200 }],
  ])('is made again after %s, each time later', async (failure, detail) => {
    const answer = failing(failure, detail)
    const parts = together(answer, answer, answer, answer, answer, fine)

    expect(await parts.run(20_000)).toBe('done')
    expect(times(parts)).toEqual([0, 200, 600, 1_400, 3_000, 5_000])
    expect(parts.demands).toHaveLength(1)
  })

  test.each<[LookerFailure, object]>([
    ['refused-embed', { status: 404 }],
    ['refused-tokens', { status: 400 }],
    ['misrouted', { status: 302 }],
    ['invalid-reply', { status: 418 }],
  ])('is not made again after %s', async (failure, detail) => {
    const parts = together(failing(failure, detail))

    expect(await parts.run()).toMatch('as the test says')
    expect(parts.calls).toHaveLength(1)
  })

  test('ends with the last failure, inside the deadline', async () => {
    const parts = together(failing('server-error'))

    expect(await parts.run(1_000)).toMatch('as the test says')
    expect(times(parts)).toEqual([0, 200, 600])
    expect(parts.clock.monotonic()).toBeLessThan(1_000)
  })

  test('comes again when Looker says, if that is in time', async () => {
    const busy = failing('rate-limited', { retryAfterMs: 3_000 })
    const [patient, hasty] = [together(busy, fine), together(busy, fine)]

    expect(await patient.run(3_001)).toBe('done')
    expect(times(patient)).toEqual([0, 3_000])
    expect(await hasty.run(3_000)).toMatch('as the test says')
    expect(times(hasty)).toEqual([0])
  })

  test('that hangs leaves time for another', async () => {
    const limits: number[] = []
    const hang =
      (clock: ReturnType<typeof createFakeClock>): End =>
      async (...[, , deadline]) => {
        limits.push(deadline.remainingMs())
        await clock.sleep(deadline.remainingMs())
        throw new LookerError('timeout', 'as the test says')
      }
    const parts = together((...request) => hang(parts.clock)(...request))

    await parts.run(5_000)

    expect(limits).toEqual([3_000, 1_080, 320])
  })

  test('gets another token once, if Looker refuses the first', async () => {
    const parts = together(failing('refused-token'), fine)

    expect(await parts.run()).toBe('done')
    expect(parts.calls.map(({ base }) => base)).toEqual(['base-1', 'base-2'])
    expect(parts.demands[1]?.refusedDigest).toBe(new Secret('base-1').digest())
  })

  test('does not ask for a third', async () => {
    const parts = together(failing('refused-token'))

    expect(await parts.run()).toMatch('as the test says')
    expect(parts.calls).toHaveLength(2)
  })

  test('is reported attempt by attempt: how each failed, and how long the answer took', async () => {
    const slowly: End = async () => parts.clock.sleep(120.4)
    const parts = together(failing('server-error', { status: 503 }), failing('timeout'), slowly)

    await parts.run()

    expect(parts.events).toEqual([
      { name: 'looker-failed', call: 'end', reason: 'server-error', status: 503 },
      { name: 'looker-failed', call: 'end', reason: 'timeout', status: null },
      { name: 'looker-answered', call: 'end', answer_ms: 120 },
    ])
  })

  test('is not made without a token', async () => {
    const clock = createFakeClock()
    const calls = createLookerCalls({
      clock,
      report: () => undefined,
      chance: () => 1,
      service,
      getToken: () => Promise.reject(new BrokerError('secret-missing', 'no secret')),
      looker: { acquire: notAsked, generate: notAsked, end: notAsked },
    })

    const ended = calls.end(new Secret('reference'), deadlineIn(clock, 1_000))

    await expect(ended).rejects.toMatchObject({ code: 'secret-missing' })
  })
})
