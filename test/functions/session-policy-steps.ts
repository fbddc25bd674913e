// What two users may do in three browsers each under a session policy, what administrators and the schedule do, and
// what happens to clocks, settings and Looker meanwhile.
import * as fc from 'fast-check'
import { roles } from '../scenarios/embed-stage.ts'

const who = fc.record({
  user: fc.constantFrom<(0 | 1)[]>(0, 0, 0, 1),
  browser: fc.constantFrom<(0 | 1 | 2)[]>(0, 0, 0, 1, 1, 2),
})
export type By = typeof who extends fc.Arbitrary<infer T> ? T : never

/** Some at once. */
const several = fc.uniqueArray(who, {
  minLength: 1,
  maxLength: 3,
  selector: ({ user, browser }) => `${user} ${browser}`,
})

/** As in a tenant file. Short, so that ends are met. Where a session came from is recorded by none. */
export const policy = fc
  .record({
    session_duration: fc.constantFrom(900, 1_800, 2_400),
    longer: fc.constantFrom(0, 300, 1_800, 7_200),
    inactivity_logout: fc.boolean(),
    concurrent_sessions: fc.constantFrom(true, true, false),
  })
  .map(({ longer, ...rest }) => ({ ...rest, max_lifetime: rest.session_duration + longer }))
export type WrittenPolicy = typeof policy extends fc.Arbitrary<infer T> ? T : never

const does = <D extends string>(name: D) => fc.constant(name)

export const step = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: does('acquire'), by: several, stays: fc.boolean() }),
  },
  {
    weight: 8,
    /** With the tokens that this browser was given last, or before. */
    arbitrary: fc.record({ do: does('generate'), by: who, back: fc.constantFrom(0, 0, 0, 1) }),
  },
  {
    weight: 6,
    /** So long before the end of the duration, unless that is past; 0: as it is. */
    arbitrary: fc.record({
      do: does('extend'),
      by: who,
      beforeMs: fc.constantFrom(0, 122_000, 119_000, 60_000, 500),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: does('activity'),
      by: who,
      idleSeconds: fc.constantFrom(0, 0, 30, 600, 899, 86_400),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: does('state'), by: who }) },
  {
    weight: 4,
    /** `everywhere`: all browsers of the user have the same sign-in. */
    arbitrary: fc.record({ do: does('sign in'), by: who, everywhere: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: does('sign out'), by: who }) },
  { weight: 1, arbitrary: fc.record({ do: does('other agent'), by: who }) },
  { weight: 2, arbitrary: fc.record({ do: does('new device'), by: who }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: does('role'), by: who, role: fc.constantFrom(...roles) }),
  },
  {
    weight: 1,
    /** One session after the other, or all of the user. */
    arbitrary: fc.record({ do: does('administrator'), by: who, all: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: does('sweep') }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: does('wait'),
      ms: fc.constantFrom(1_000, 20_000, 60_000, 300_000, 890_000),
    }),
  },
  {
    weight: 9,
    /** So long after the end of a session, unless that is past. */
    arbitrary: fc.record({
      do: does('to the end'),
      by: who,
      ms: fc.constantFrom(-119_000, -60_000, -10_000, -500, 500, 2_000),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: does('back'), ms: fc.constantFrom(1, 900, 2_500) }) },
  { weight: 1, arbitrary: fc.record({ do: does('redeploy'), policy }) },
  { weight: 1, arbitrary: fc.record({ do: does('Looker forgets') }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: does('Looker is away'),
      away: fc.constantFrom(true, false, false),
    }),
  },
)
export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never
