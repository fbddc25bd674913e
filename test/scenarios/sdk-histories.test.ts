// Whatever sessions do, and whatever becomes of their tokens meanwhile: no call comes to Looker with the token
// of somebody else, or of another workspace.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHistory, step } from './sdk-history.ts'
import type { MadeCall } from './sdk-history.ts'

const turns = fc.array(fc.array(step, { minLength: 1, maxLength: 8, size: 'max' }), {
  minLength: 2,
  maxLength: 8,
  size: 'max',
})

/** A token that Looker ended again at once, a user that is refused. */
const failures = ['status 401', 'no-token looker-refused-user']
/** Of the function alone, or a report too soon after the last, or a leap over all that a call may take. */
const rarely = [
  'no-token forbidden',
  'no-token renewal-limited',
  'no-token login-in-progress',
  'no-token looker-unavailable',
  'timeout',
]

const idsOf = ({ possible }: MadeCall) => [...possible].map((userId) => userId ?? '1000')

test.each(['function', 'table'] as const)(
  'in random histories each call is made as its session is, in its workspace, or not at all (%s)',
  async (source) => {
    const outcomes = new Map<string, number>()
    const holds = fc.asyncProperty(turns, async (steps) => {
      const history = await createHistory(source)
      try {
        for (const turn of steps) await history.turn(turn)
      } finally {
        await history.close()
      }

      for (const call of history.calls) {
        expect([...idsOf(call), 'rows', ...failures, ...rarely]).toContain(call.outcome)
        const kind = /^\d+$/.test(call.outcome) ? 'me' : call.outcome
        outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1)
      }
      for (const { name, standing, userId, workspace } of history.record.named()) {
        const call = history.calls.find((made) => made.name === name)
        expect([...(call?.possible ?? [])]).toContain(userId)
        expect(workspace).toBe(call?.workspace)
        expect(standing).not.toBe('unknown')
      }
    })

    await fc.assert(holds, { numRuns: 100, seed: 20_261_121 })

    // The histories are worth something: most calls are served, and the usual ways to fail are met.
    expect(outcomes.get('me')).toBeGreaterThan(150)
    expect(outcomes.get('rows')).toBeGreaterThan(300)
    expect([...outcomes.keys()]).toEqual(expect.arrayContaining(failures))
    expect(outcomes.has('no-token forbidden')).toBe(source === 'function')
  },
  180_000,
)
