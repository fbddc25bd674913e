// The outside of a caller: its environment, its files, the clock, chance, and the AWS client that invokes the
// broker. The client is loaded when it is first needed: who reads the table has no use for it.
import { readFileSync } from 'node:fs'
import type { LambdaClient } from '@aws-sdk/client-lambda'
import { systemClock } from '../system.ts'
import type { Clock } from '../time.ts'
import type { CallLimits } from './token-source.ts'

/** What Lambda answered. `functionError` is set when the function itself failed. */
export type Invoked = {
  readonly payload: string
  readonly functionError: string | undefined
  /** Of the invocation: the broker's log has it. */
  readonly requestId?: string | undefined
}

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
  /** Nothing is loaded before the first invocation, and one client made. */
  readonly invokeOf: (options: { functionName: string; region?: string | undefined }) => Invoke
}

/** What a call to Looker needs: without the way to the broker's function, so that bundles leave it out. */
export const callSurroundings = (): Pick<Surroundings, 'clock' | 'chance' | 'fetch'> => ({
  clock: systemClock,
  chance: Math.random,
  fetch: globalThis.fetch,
})

export const systemSurroundings = (): Surroundings => ({
  ...callSurroundings(),
  env: process.env,
  readFile,
  invokeOf,
})

/** By itself, so that who needs nothing else of the outside bundles nothing else. */
export const invokeOf: Surroundings['invokeOf'] = ({ functionName, region }) => {
  let made: Promise<LambdaClient> | undefined
  return async (payload, { signal }) => {
    const { InvokeCommand } = await loadClient()
    const client = await (made ??= makeClient(region))
    const command = new InvokeCommand({ FunctionName: functionName, Payload: payload })
    const answer = await client.send(command, signal ? { abortSignal: signal } : {})
    return {
      payload: answer.Payload?.transformToString() ?? '',
      functionError: answer.FunctionError,
      requestId: answer.$metadata.requestId,
    }
  }
}

// With a handler of its own, bundlers take a package that is not there for a warning, not for an error.
const loadClient = () =>
  import('@aws-sdk/client-lambda').catch((error: unknown) => {
    throw error
  })

const makeClient = async (region: string | undefined): Promise<LambdaClient> => {
  const { LambdaClient } = await loadClient()
  return new LambdaClient({
    ...(region === undefined ? {} : { region }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000 },
  })
}

const readFile = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
