// Outages while a page asks for its next tokens: it never hears of one, and goes on when it is over.
import { describe, expect, it } from 'vitest'
import { BrokerError } from '../../lib/errors.ts'
import type { ErrorCode } from '../../lib/errors.ts'
import { startAtMs } from '../scenarios/virtual-fleet.ts'
import { createWorld, living, tokensOf } from './session-world.ts'
import { failWholly } from './watched-table.ts'

const generate = 'generate_tokens_for_cookieless_session'

const withSession = async () => {
  const world = await createWorld()
  const acquired = await world.acquire()
  await world.clock.advance(480_000)
  return { ...world, acquired, tokens: tokensOf(acquired) }
}

type Outage = {
  readonly what: string
  readonly begin: (world: Awaited<ReturnType<typeof withSession>>) => void
  readonly stop: (world: Awaited<ReturnType<typeof withSession>>) => void
  readonly told: { readonly why: string; readonly code: ErrorCode }
  readonly asksLooker: boolean
}

const outages: readonly Outage[] = [
  ...([500, 503, 429] as const).map((status) => ({
    what: `Looker answering ${status}`,
    begin: ({ looker }: Parameters<Outage['begin']>[0]) =>
      looker.setFault(generate, { kind: 'status', status }),
    stop: ({ looker }: Parameters<Outage['begin']>[0]) => looker.clearFaults(),
    told: {
      why: 'looker',
      code: status === 429 ? ('looker-rate-limited' as const) : ('looker-unavailable' as const),
    },
    asksLooker: true,
  })),
  {
    what: 'no connection to Looker',
    begin: ({ looker }) => looker.setFault('every', { kind: 'reset' }),
    stop: ({ looker }) => looker.clearFaults(),
    told: { why: 'looker', code: 'looker-unavailable' },
    asksLooker: true,
  },
  {
    what: 'a Looker that answers with a page',
    begin: ({ looker }) => looker.setFault(generate, { kind: 'html404' }),
    stop: ({ looker }) => looker.clearFaults(),
    told: { why: 'looker', code: 'looker-unavailable' },
    asksLooker: true,
  },
  {
    what: 'Looker refusing the service account',
    begin: ({ looker }) => looker.setFault(generate, { kind: 'status', status: 403 }),
    stop: ({ looker }) => looker.clearFaults(),
    told: { why: 'looker', code: 'looker-refused-embed' },
    asksLooker: true,
  },
  ...(['unavailable', 'throttled', 'refused'] as const).map((failing) => ({
    what: `a table that is ${failing}`,
    begin: ({ table }: Parameters<Outage['begin']>[0]) => {
      failWholly(table, failing)
    },
    stop: ({ table }: Parameters<Outage['begin']>[0]) => {
      table.failing.clear()
    },
    told: {
      why: 'table',
      code: failing === 'refused' ? ('misconfigured' as const) : (`table-${failing}` as const),
    },
    asksLooker: false,
  })),
]

describe.each(outages)('$what', ({ begin, stop, told, asksLooker }) => {
  it('that outlasts the call gives the page its own tokens, and lets it go on later', async () => {
    const world = await withSession()
    begin(world)
    const calls = world.lookerCalls()
    const startedMs = world.clock.monotonic()
    const answer = living(await world.generate(world.tokens))
    const tookMs = world.clock.monotonic() - startedMs

    expect(tookMs).toBeLessThanOrEqual(11_000)
    expect(answer.api_token).toBe(world.acquired.api_token)
    expect(answer.navigation_token).toBe(world.acquired.navigation_token)
    // The token's end is in whole seconds.
    const leftMs = startAtMs + 600_000 - world.clock.now()
    expect(answer.api_token_ttl).toBe(Math.floor(leftMs / 1000))
    const known = asksLooker ? 43_200 - 480 - tookMs / 1000 : answer.api_token_ttl
    expect(answer.session_reference_token_ttl).toBe(Math.floor(known))
    const left_s = answer.api_token_ttl
    expect(world.seen('tokens-returned')).toMatchObject([{ ...told, left_s }])
    expect(world.lookerCalls() > calls).toBe(asksLooker)

    await world.clock.advance(300_000)
    expect(living(await world.generate(world.tokens)).api_token_ttl).toBe(1)
    stop(world)
    const next = living(await world.generate(world.tokens))
    expect(next.api_token).not.toBe(world.acquired.api_token)
    expect(next.api_token_ttl).toBe(600)
  })
})

const passing = outages.filter(({ told }) => !/refused|misconfigured/.test(told.code))

describe.each(passing.filter(({ what }) => !what.includes('page')))('$what', ({ begin, stop }) => {
  it('that ends during the call is not seen by the page', async () => {
    const world = await withSession()
    begin(world)
    const answer = world.process.generate(world.ada, world.tokens, world.within())
    await world.clock.advance(3_000)
    stop(world)
    expect(living(await world.clock.run(answer)).api_token).not.toBe(world.acquired.api_token)
    expect(world.seen('tokens-returned')).toEqual([])
  })

  it('that ended before the call is not seen at all', async () => {
    const world = await withSession()
    begin(world)
    await world.clock.advance(1_000)
    stop(world)
    expect(living(await world.generate(world.tokens)).api_token_ttl).toBe(600)
  })
})

describe('keys that are away', () => {
  it('give the page its own tokens, and ask nothing of Looker', async () => {
    const world = await withSession()
    const cold = world.coldStart()
    world.kms.disable()
    const calls = world.lookerCalls()
    const answer = living(await world.generate(world.tokens, world.ada, cold))
    expect(answer.api_token).toBe(world.acquired.api_token)
    expect(world.seen('tokens-returned')).toMatchObject([{ why: 'keys', code: 'keys-unavailable' }])
    expect(world.lookerCalls()).toBe(calls)
    world.kms.enable()
    expect(living(await world.generate(world.tokens, world.ada, cold)).api_token_ttl).toBe(600)
  })
})

const failingWith = async (code: ErrorCode, times: number) => {
  const world = await withSession()
  let left = times
  const process = world.coldStart({
    getToken: async () => {
      left -= 1
      throw left < 0 ? new TypeError('a fault of our own') : new BrokerError(code, '')
    },
  })
  return { ...world, process, left: () => left }
}

describe('a service account that cannot log in', () => {
  it.each(['looker-refused-credentials', 'secret-missing', 'misconfigured'] as const)(
    'as %s gives the page its own tokens at once, and says why',
    async (code) => {
      const world = await failingWith(code, 1)
      const answer = living(await world.generate(world.tokens, world.ada, world.process))
      expect(answer.api_token).toBe(world.acquired.api_token)
      expect(answer.api_token_ttl).toBe(119)
      expect(world.seen('tokens-returned')).toMatchObject([{ why: 'login', code }])
    },
  )

  it('is asked again while it may pass', async () => {
    const world = await failingWith('looker-unavailable', 1_000)
    expect(living(await world.generate(world.tokens, world.ada, world.process)).api_token).toBe(
      world.acquired.api_token,
    )
    expect(world.left()).toBeLessThan(995)
  })

  it('a fault of our own is not hidden', async () => {
    const world = await failingWith('looker-unavailable', 0)
    await expect(world.generate(world.tokens, world.ada, world.process)).rejects.toThrow(TypeError)
  })
})

describe('an outage at the end of a session', () => {
  it('does not make it longer', async () => {
    const world = await withSession()
    await world.clock.advance(43_200_000 - 480_000 - 4_000)
    world.looker.setFault(generate, { kind: 'status', status: 503 })
    expect(await world.generate(world.tokens)).toEqual({ session_reference_token_ttl: 0 })
  })

  it('obeys a deadline shorter than its own', async () => {
    const world = await withSession()
    failWholly(world.table, 'unavailable')
    const startedMs = world.clock.monotonic()
    await world.clock.run(world.process.generate(world.ada, world.tokens, world.within(1_500)))
    expect(world.clock.monotonic() - startedMs).toBeLessThanOrEqual(1_500)
  })
})
