// Whatever a browser does, and whenever: no token is told to live past the rules of the policy, reckoned here
// from sign-ins, first acquires and granted extensions alone.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { BrokerError } from '../../lib/errors.ts'
import type { PageTokens } from '../../lib/embed/service.ts'
import { createPolicyWorld, inBrowser, startAtMs } from './policy-world.ts'
import { tokensOf } from './session-world.ts'

const durationMs = 1_800_000
const lifetimeMs = 5_400_000

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant('acquire' as const) },
  { weight: 3, arbitrary: fc.constant('generate' as const) },
  { weight: 3, arbitrary: fc.constant('extend' as const) },
  { weight: 1, arbitrary: fc.constant('sign out' as const) },
  { weight: 1, arbitrary: fc.constant('sign in' as const) },
  { weight: 2, arbitrary: fc.constant('other agent' as const) },
  { weight: 1, arbitrary: fc.constant('lost' as const) },
  { weight: 2, arbitrary: fc.constant('sweep' as const) },
  { weight: 5, arbitrary: fc.constantFrom(1_000, 60_000, 600_000, 1_690_000, 1_801_000) },
)

/** Refusals are part of the rules. */
const allowed = async (work: () => Promise<void>) => {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
  }
}

test.each(['one', 'many'] as const)(
  'no sequence outlives the policy (%s)',
  async (sessionsPerUser) => {
    const holds = fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
      async (steps) => {
        const world = await createPolicyWorld({ policy: { max_lifetime: 5_400 }, sessionsPerUser })
        const { clock } = world
        let signedInAtMs = startAtMs
        let userAgent = 'Browser/1'
        let tokens: PageTokens | undefined
        let firstAtMs = -Infinity
        let endsAtMs = 0
        let extendedEarlyMs = 0
        const caller = () => inBrowser('a', { visitor: { signedInAtMs }, page: { userAgent } })
        const told = (seconds: number) => {
          if (seconds === 0) return
          const latestMs = Math.min(endsAtMs, firstAtMs + lifetimeMs)
          expect(clock.now() + seconds * 1000).toBeLessThanOrEqual(latestMs + 1_000)
        }
        for (const one of steps) {
          if (typeof one === 'number') clock.skip(one)
          if (one === 'sign in') {
            clock.skip(1_000)
            signedInAtMs = clock.now()
          }
          if (one === 'other agent')
            userAgent = userAgent === 'Browser/1' ? 'Browser/2' : 'Browser/1'
          if (one === 'lost') world.looker.state.embed.sessions.endAll()
          if (one === 'sweep') await world.sweep()
          if (one === 'sign out') await allowed(async () => void (await world.end(caller())))
          if (one === 'acquire') {
            await allowed(async () => {
              const startsBefore = world.looker.counts().embedSessionsStarted
              const answer = await world.acquire(caller())
              const started = world.looker.counts().embedSessionsStarted > startsBefore
              // Only who signed in since the last time began may begin another one.
              if (started && signedInAtMs > firstAtMs) {
                firstAtMs = clock.now()
                endsAtMs = firstAtMs + durationMs
              }
              tokens = tokensOf(answer)
              told(answer.session_reference_token_ttl)
            })
          }
          if (one === 'generate' && tokens) {
            const answer = await world.generate(tokens, caller())
            if ('api_token' in answer) tokens = tokensOf(answer)
            told(answer.session_reference_token_ttl)
          }
          if (one === 'extend') {
            await allowed(async () => {
              const before = (await world.state(caller())).ends_at ?? ''
              await world.extend(caller())
              extendedEarlyMs = Math.max(extendedEarlyMs, Date.parse(before) - clock.now())
              endsAtMs = Math.max(endsAtMs, Date.parse(before) + durationMs)
            })
          }
        }
        clock.skip(lifetimeMs + 1_000)
        await world.sweep()
        await world.sweep()
        expect(extendedEarlyMs).toBeLessThanOrEqual(120_000)
        expect(world.live()).toBe(0)
        expect(await world.state(caller())).not.toMatchObject({ state: 'active' })
      },
    )

    await expect(fc.assert(holds, { numRuns: 100 })).resolves.toBeUndefined()
  },
  120_000,
)
