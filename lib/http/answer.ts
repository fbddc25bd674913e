// The rim of every function: an event in, a value or an error out, one log line a request.
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import type { Broker } from '../broker.ts'
import { BrokerError } from '../errors.ts'
import { deadlineIn } from '../time.ts'
import type { Deadline } from '../time.ts'
import { assertDirectEvent, parseHttpEvent } from './event.ts'
import type { HttpRequest } from './event.ts'
import { problemOf } from './problem.ts'
import type { Problem } from './problem.ts'

/** The longest that a request may take, well below the gateway's 30 s. */
const longestMs = 12_000
/** Kept back from the function's time for the answer itself. */
const answerMs = 500

export type BrokerSource = () => Broker

type Call = { readonly broker: Broker; readonly deadline: Deadline }
type LambdaContext = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>

/** A function behind the HTTP API. The value is the JSON body of a 200. */
export const answerHttp =
  (
    name: string,
    source: BrokerSource,
    act: (request: HttpRequest, call: Call) => Promise<unknown>,
  ) =>
  (event: unknown, context: LambdaContext): Promise<APIGatewayProxyStructuredResultV2> =>
    answer(name, source, context, {
      act: (call) => act(parseHttpEvent(event), call),
      succeed: (value) => response(200, 'application/json', value),
      fail: problemResponse,
    })

/** A function for other Lambdas. Answers the value itself, or a problem document. */
export const answerDirect =
  (name: string, source: BrokerSource, act: (payload: unknown, call: Call) => Promise<unknown>) =>
  (event: unknown, context: LambdaContext): Promise<unknown> =>
    answer<unknown>(name, source, context, {
      act: (call) => {
        assertDirectEvent(event)
        return act(event, call)
      },
      succeed: (value) => value,
      fail: (problem) => problem,
    })

const answer = async <T>(
  name: string,
  source: BrokerSource,
  context: LambdaContext,
  steps: {
    readonly act: (call: Call) => Promise<unknown>
    readonly succeed: (value: unknown) => T
    readonly fail: (problem: Problem) => T
  },
): Promise<T> => {
  const request_id = context.awsRequestId
  let broker: Broker | undefined
  try {
    broker = source()
    const limitMs = Math.min(longestMs, context.getRemainingTimeInMillis() - answerMs)
    return steps.succeed(await steps.act({ broker, deadline: deadlineIn(broker.clock, limitMs) }))
  } catch (error) {
    const problem = problemOf(error, request_id)
    const code = error instanceof BrokerError ? error.code : 'internal'
    const event = { name: 'request-failed', function: name, request_id, code } as const
    const report = broker?.report ?? reportWithoutBroker
    report({ ...event, status: problem.status, error: describe(error) })
    return steps.fail(problem)
  }
}

/** Our own messages hold no secret; what others wrote could, so only its name is logged. */
const describe = (error: unknown): string => {
  if (error instanceof BrokerError) return error.message
  return error instanceof Error ? error.name : 'unknown'
}

const reportWithoutBroker = (event: object): void => console.error(JSON.stringify(event))

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
