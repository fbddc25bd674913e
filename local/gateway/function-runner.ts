// Runs a handler as Lambda would: with a context, for no longer than its time-out.
import { randomUUID } from 'node:crypto'
import type { Context } from 'aws-lambda'
import type { Clock } from '../../lib/time.ts'
import type { ServiceFunction } from '../serverless-config.ts'
import { localAccountId } from './event.ts'

export type LambdaHandler = (event: unknown, context: Context) => unknown

/** Finds the export that a `handler` of serverless.yml names, for example `functions/x.handler`. */
export type LoadHandler = (handler: string) => Promise<LambdaHandler>

export type RunOutcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }
  | { readonly kind: 'timed-out' }

export type RunFunction = (
  target: ServiceFunction,
  event: unknown,
  limitMs?: number,
) => Promise<RunOutcome>

export const createFunctionRunner =
  (options: {
    readonly loadHandler: LoadHandler
    readonly clock: Clock
    readonly region: string
  }): RunFunction =>
  async (target, event, limitMs = Infinity) => {
    const allowedMs = Math.min(target.timeoutSeconds * 1000, limitMs)
    const endsAt = options.clock.monotonic() + target.timeoutSeconds * 1000
    const context = contextOf(target, {
      region: options.region,
      remainingMs: () => Math.max(0, endsAt - options.clock.monotonic()),
    })
    const run = async (): Promise<RunOutcome> => {
      const handler = await options.loadHandler(target.handler)
      return { kind: 'returned', value: asJson(await handler(asJson(event), context)) }
    }
    return within(allowedMs, run().catch(threw))
  }

const threw = (error: unknown): RunOutcome => ({ kind: 'threw', error })

const within = (ms: number, run: Promise<RunOutcome>): Promise<RunOutcome> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ kind: 'timed-out' }), ms)
    run.then(resolve, reject).finally(() => clearTimeout(timer))
  })

// Only what survives JSON travels to a function and back.
const asJson = (value: unknown): unknown =>
  value === undefined ? null : JSON.parse(JSON.stringify(value))

const contextOf = (
  target: ServiceFunction,
  { region, remainingMs }: { region: string; remainingMs: () => number },
): Context => ({
  callbackWaitsForEmptyEventLoop: true,
  functionName: target.deployedName,
  functionVersion: '$LATEST',
  invokedFunctionArn: functionArn(target, region),
  memoryLimitInMB: String(target.memoryMb),
  awsRequestId: randomUUID(),
  logGroupName: `/aws/lambda/${target.deployedName}`,
  logStreamName: 'local',
  getRemainingTimeInMillis: remainingMs,
  done: () => undefined,
  fail: () => undefined,
  succeed: () => undefined,
})

export const functionArn = ({ deployedName }: ServiceFunction, region: string): string =>
  `arn:aws:lambda:${region}:${localAccountId}:function:${deployedName}`
