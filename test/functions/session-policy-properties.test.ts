// No sequence of activity, extension, reload, sign-in, clock and setting changes keeps a session alive past the
// rules of the tenant's policy, in any browser of any user: the real functions, with the simulated Looker.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { take, recover } from './session-policy-run.ts'
import { policy, step } from './session-policy-steps.ts'
import { createPolicyWorld } from './session-policy-world.ts'
import type { Counts } from './session-policy-world.ts'

/** Fixed, as all that it is about is to be met in few runs. */
const seed = 20_261_130

test.each([
  ['one', 60],
  ['many', 100],
] as const)(
  'no sequence keeps a session alive past its rules (%s)',
  async (kind, numRuns) => {
    const counts: Counts = {
      began: 0,
      wentOn: 0,
      refused: 0,
      extended: 0,
      active: 0,
      over: 0,
      bound: 0,
      swept: 0,
      alone: 0,
    }
    const steps = fc.array(step, { minLength: 10, maxLength: 50, size: 'max' })
    const holds = fc.asyncProperty(policy, steps, async (first, all) => {
      const world = await createPolicyWorld(kind, first, counts)
      for (const one of all) await take(world, one)
      await recover(world)
    })

    await expect(fc.assert(holds, { numRuns, seed })).resolves.toBeUndefined()

    // Each of what it is about was met.
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(0)
  },
  180_000,
)
