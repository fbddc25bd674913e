// What holds of every answer to a backend: the direct twins in the name of two users, in two browsers, while
// time passes, roles change, and Looker is away or forgets its sessions.
import * as fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { createEmbedStage } from '../scenarios/embed-stage.ts'
import type { Kind, Role, Who } from '../scenarios/embed-stage.ts'

const ending = { action: 'end' }
const call = fc.record({
  user: fc.constantFrom('ada', 'bob'),
  browser: fc.constantFrom('1', '2'),
  role: fc.constantFrom<Role>('viewer', 'admin'),
  what: fc.constantFrom('acquire', 'generate', 'state', 'end', 'administrator'),
  laterMs: fc.constantFrom(0, 1_000, 400_000, 3_700_000),
  fault: fc.constantFrom(undefined, 'unavailable', 'expired'),
})

test.each<Kind>(['one', 'many', 'client'])(
  'no answer to a backend holds a session reference token (%s)',
  async (kind) => {
    let sealed = 0
    let checked = 0
    const holds = fc.asyncProperty(
      fc.array(call, { minLength: 3, maxLength: 15 }),
      async (calls) => {
        const stage = await createEmbedStage({ kind })
        const functions = stage.coldStart()
        const started = vi.spyOn(stage.looker.state.embed.sessions, 'start')
        const held = new Map<string, object>()
        for (const { user, browser, role, what, laterMs, fault } of calls) {
          await stage.clock.advance(laterMs)
          const seconds = Math.floor(stage.clock.now() / 1000)
          const who: Who = {
            signIn: { sub: user, role, iat: seconds, auth_time: seconds },
            browser: { userAgent: `Browser/${browser}`, device: browser.padStart(22, 'd') },
          }
          if (fault === 'expired') stage.looker.state.embed.sessions.endAll()
          if (fault === 'unavailable') {
            stage.looker.setFault('every', { kind: 'status', status: 503 })
          }
          const place = `${user} ${browser}`
          const tokens = held.get(place) ?? { api_token: 'none', navigation_token: 'none' }
          const { session } = { session: undefined, ...tokens }
          const sent = session === undefined ? {} : { session }
          const answer: unknown = await stage.clock.run(
            what === 'acquire'
              ? functions.direct('acquire', who, sent)
              : what === 'generate'
                ? functions.direct('generate', who, { ...pairOf(tokens), ...sent })
                : functions.direct('session', who, {
                    ...(what === 'state' ? { action: 'state' } : ending),
                    ...(what === 'administrator' ? { by: what } : {}),
                    ...sent,
                  }),
          )
          stage.looker.clearFaults()
          const text = JSON.stringify(answer)
          for (const { value } of started.mock.results) {
            expect(text).not.toContain(value.referenceToken)
            checked += 1
          }
          if (typeof answer === 'object' && answer !== null && 'api_token' in answer) {
            held.set(place, answer)
            if ('session' in answer) sealed += 1
          }
        }
      },
    )

    await expect(fc.assert(holds, { numRuns: 100 })).resolves.toBeUndefined()
    expect(checked).toBeGreaterThan(100)
    expect(sealed > 0).toBe(kind === 'client')
  },
  180_000,
)

const pairOf = (tokens: object) => {
  const { api_token, navigation_token } = { api_token: '', navigation_token: '', ...tokens }
  return { api_token, navigation_token }
}
