// What holds of every answer, whatever two users do in two browsers, at several processes, while roles
// change, time passes, and Looker, the table and KMS fail: the real functions with the simulated Looker.
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Kind } from '../scenarios/embed-stage.ts'
import { createModel } from './embed-model.ts'
import { step } from './embed-steps.ts'

test.each<[Kind, number]>([
  ['one', 160],
  ['many', 160],
  ['client', 80],
])(
  'every answer is its own user’s, as far as the claims allow (%s)',
  async (kind, numRuns) => {
    const holds = fc.asyncProperty(
      fc.array(step, { minLength: 3, maxLength: 30, size: 'max' }),
      async (steps) => {
        const { take, recover } = await createModel(kind)
        for (const one of steps) await take(one)
        await recover()
      },
    )

    await expect(fc.assert(holds, { numRuns })).resolves.toBeUndefined()
  },
  180_000,
)
