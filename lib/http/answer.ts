// The rim of the functions that answer somebody: an event in, a value or a problem out.
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import type { Broker } from '../broker.ts'
import { deadlineIn } from '../time.ts'
import type { Deadline } from '../time.ts'
import { assertDirectEvent, parseHttpEvent } from './event.ts'
import type { HttpRequest } from './event.ts'
import { reportFailure } from './failure.ts'
import type { Problem } from './problem.ts'

/** The longest that a request may take, well below the gateway's 30 s. */
const longestMs = 12_000
/** Kept back from the function's time for the answer itself. */
const answerMs = 500

export type BrokerSource = () => Broker

/** The least that a function needs of a broker. */
type Host = Pick<Broker, 'clock' | 'report'>
type Call<B extends Host> = { readonly broker: B; readonly deadline: Deadline }
type LambdaContext = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>

/** A function behind the HTTP API. The value is the JSON body of a 200. */
export const answerHttp =
  <B extends Host>(
    name: string,
    source: () => B,
    act: (request: HttpRequest, call: Call<B>) => Promise<unknown>,
  ) =>
  (event: unknown, context: LambdaContext): Promise<APIGatewayProxyStructuredResultV2> =>
    answer(name, context, {
      source,
      act: (call) => act(parseHttpEvent(event), call),
      succeed: (value) => response(200, 'application/json', value),
      fail: problemResponse,
    })

/** A function for other Lambdas. Answers the value itself, or a problem document. `limitMs`: default 12 s. */
export const answerDirect =
  <B extends Host>(
    name: string,
    source: () => B,
    act: (payload: unknown, call: Call<B>) => Promise<unknown>,
    limitMs = longestMs,
  ) =>
  (event: unknown, context: LambdaContext): Promise<unknown> =>
    answer<B, unknown>(name, context, {
      source,
      limitMs,
      act: (call) => {
        assertDirectEvent(event)
        return act(event, call)
      },
      succeed: (value) => value,
      fail: (problem) => problem,
    })

type Steps<B extends Host, T> = {
  readonly source: () => B
  /** Default: 12 s. */
  readonly limitMs?: number
  readonly act: (call: Call<B>) => Promise<unknown>
  readonly succeed: (value: unknown) => T
  readonly fail: (problem: Problem) => T
}

const answer = async <B extends Host, T>(
  functionName: string,
  context: LambdaContext,
  { source, limitMs = longestMs, act, succeed, fail }: Steps<B, T>,
): Promise<T> => {
  let broker: B | undefined
  try {
    broker = source()
    const leftMs = Math.min(limitMs, context.getRemainingTimeInMillis() - answerMs)
    return succeed(await act({ broker, deadline: deadlineIn(broker.clock, leftMs) }))
  } catch (error) {
    return fail(reportFailure(error, { functionName, requestId: context.awsRequestId, broker }))
  }
}

const problemResponse = (problem: Problem): APIGatewayProxyStructuredResultV2 => {
  const { status, retry_after } = problem
  const answered = response(status, 'application/problem+json', problem)
  return {
    ...answered,
    headers: {
      ...answered.headers,
      ...(retry_after === undefined ? {} : { 'retry-after': String(retry_after) }),
      // RFC 6750 section 3
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
  }
}

const response = (
  statusCode: number,
  type: string,
  value: unknown,
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': type, 'cache-control': 'no-store', pragma: 'no-cache' },
  body: JSON.stringify(value),
})
