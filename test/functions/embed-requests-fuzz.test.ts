// Bodies and headers that nobody thought of.
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apiToken, ask, routes } from './embed-calls.ts'
import type { Route } from './embed-calls.ts'

const session = 'c2VhbGVkLXNlc3Npb24_-'

describe('two thousand bodies of any kind', () => {
  const field = fc.constantFrom('api_token', 'navigation_token', 'session', '__proto__', 'x')
  const value = fc.oneof(
    fc.constantFrom(apiToken, 'a', session, null),
    fc.string({ unit: 'binary' }),
    fc.jsonValue(),
  )
  const body = fc.oneof(
    fc
      .record({ api_token: value, navigation_token: value })
      .map((fields) => JSON.stringify(fields)),
    fc.dictionary(field, value).map((fields) => JSON.stringify(fields)),
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.array(fc.tuple(field, value)).map((pairs) => {
      const texts = pairs.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`)
      return `{${texts.join()}}`
    }),
  )
  const header = fc.option(fc.string({ unit: 'binary' }), { nil: undefined })
  const someRoute = fc.constantFrom<Route>(...routes)

  it('are answered or refused, and never break the broker', async () => {
    const seen = new Set<number>()

    await fc.assert(
      fc.asyncProperty(someRoute, body, fc.boolean(), async (route, text, isBase64Encoded) => {
        const { statusCode, calls } = await ask(route, { body: text, isBase64Encoded })
        seen.add(statusCode ?? 0)
        expect([200, 400]).toContain(statusCode)
        expect(calls).toBe(statusCode === 200 ? 1 : 0)
      }),
      { numRuns: 2_000 },
    )

    expect([...seen].toSorted((a, b) => a - b)).toEqual([200, 400])
  })

  it('nor do any headers', async () => {
    await fc.assert(
      fc.asyncProperty(someRoute, header, header, header, async (route, agent, origin, key) => {
        const headers = {
          ...(agent === undefined ? {} : { 'user-agent': agent }),
          ...(origin === undefined ? {} : { origin }),
          ...(key === undefined ? {} : { 'x-embed-device': key }),
        }
        const { statusCode, calls } = await ask(route, { headers })
        expect([200, 400, 403]).toContain(statusCode)
        expect(calls).toBe(statusCode === 200 ? 1 : 0)
      }),
      { numRuns: 500 },
    )
  })
})
