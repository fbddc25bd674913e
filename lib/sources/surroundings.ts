// The outside of a caller: its environment, its files, the clock, chance, and the AWS client that invokes the
// broker. The client is loaded when it is first needed: who reads the table has no use for it.
import type { Clock } from '../time.ts'
import { systemClock } from '../system.ts'
import type { CallLimits } from './token-source.ts'

/** What Lambda answered. `functionError` is set when the function itself failed. */
export type Invoked = { readonly payload: string; readonly functionError: string | undefined }

/** One invocation. Rejects with whatever the AWS SDK throws. */
export type Invoke = (
  payload: string,
  limits: Required<Pick<CallLimits, 'signal'>>,
) => Promise<Invoked>

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Undefined where there is no such file. */
  readonly readFile: (path: string) => string | undefined
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly chance: () => number
  readonly fetch: typeof globalThis.fetch
  readonly invokeOf: (options: { functionName: string; region?: string | undefined }) => Invoke
}

export const systemSurroundings = (): Surroundings => ({
  env: process.env,
  readFile: () => undefined,
  clock: systemClock,
  chance: Math.random,
  fetch: globalThis.fetch,
  invokeOf: () => () => Promise.reject(new Error('not yet')),
})
