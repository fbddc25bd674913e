// What two users may do, in two browsers and at two processes, and what may happen to the broker meanwhile.
import * as fc from 'fast-check'
import type { StoreFailure } from '../../lib/errors.ts'
import type { Fault, FaultTarget } from '../../local/looker/faults.ts'
import { roles } from '../scenarios/embed-stage.ts'
import { operations } from '../scenarios/embed-table.ts'
import type { Operation } from '../scenarios/embed-table.ts'

const user = fc.constantFrom(0 as const, 1 as const)
const browser = fc.constantFrom(0 as const, 0 as const, 1 as const, 1 as const, 2 as const)
/** 0: the newest sign-in token of the user, and so on back. */
const age = fc.constantFrom<number[]>(0, 0, 0, 1, 2)
const process = fc.constantFrom(0, 1)
const who = fc.record({ user, browser, age, process })

const always = (fault: Fault): readonly Fault[] => [fault]
const lookerFaults = [
  ...[403, 404, 409, 422, 503].map((status) => always({ kind: 'status', status })),
  always({ kind: 'status', status: 429, headers: { 'retry-after': '2' } }),
  ...(['reset', 'html404', 'redirect', 'malformed-json', 'empty-body'] as const).map((kind) =>
    always({ kind }),
  ),
].flat()
const targets: readonly FaultTarget[] = [
  'every',
  'login',
  'acquire_embed_cookieless_session',
  'generate_tokens_for_cookieless_session',
  'delete_embed_cookieless_session',
]

export const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('acquire' as const),
      by: fc.array(who, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('generate' as const),
      by: who,
      /** Of the last tokens that were answered to anybody, counted back. */
      tokens: fc.nat({ max: 3 }),
      /** In place of `by`: who was given them. */
      byOwner: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('state' as const), by: who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      by: who,
      /** In place of `by`: who was given the last tokens. */
      byOwner: fc.boolean(),
      administrator: fc.boolean(),
      /** Looker does not do it. */
      unconfirmed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('role' as const),
      user,
      role: fc.constantFrom(...roles),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sign in' as const), user }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(10, 1_000, 7_000, 61_000, 600_000, 3_560_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cold start' as const), process }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('Looker fails' as const),
      target: fc.constantFrom(...targets),
      fault: fc.constantFrom(...lookerFaults),
      once: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('table fails' as const),
      operation: fc.constantFrom<Operation>(...operations),
      failure: fc.constantFrom<StoreFailure | 'lost'>('unavailable', 'refused', 'lost', 'lost'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'keys fail' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'Looker forgets all' as const }) },
  { weight: 4, arbitrary: fc.constant({ do: 'heal' as const }) },
)

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
export type By = typeof who extends fc.Arbitrary<infer T> ? T : never
