// The Invoke call of the Lambda API, so that the AWS SDK can call functions on one machine. Signed
// requests only: any page in the developer's browser can reach a loopback port.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import type { ServiceFunction } from '../serverless-config.ts'
import type { RunFunction } from './function-runner.ts'
import type { GatewayRequest } from './request.ts'
import { type LocalKey, signerOf } from './signature.ts'

export const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

export type InvokeApi = (request: GatewayRequest) => Promise<Response>

export const createInvokeApi =
  (options: {
    readonly functions: readonly ServiceFunction[]
    readonly run: RunFunction
    readonly keys: readonly LocalKey[]
    readonly region: string
    readonly now: () => number
  }): InvokeApi =>
  async (request) => {
    const { keys, region } = options
    const rules = { keys, region, service: 'lambda', nowAtMs: options.now() } as const
    if ((await signerOf(request, rules)) === undefined)
      return failure(403, 'InvalidSignatureException', 'The request is not signed by a local key')
    const name = decodeURIComponent(invokePath.exec(request.path)?.[1] ?? '')
    const target = findFunction(options.functions, name)
    if (target === undefined)
      return failure(404, 'ResourceNotFoundException', `Function not found: ${name}`)
    const payload = payloadOf(request.body)
    if (payload === undefined)
      return failure(400, 'InvalidRequestContentException', 'The payload is not JSON')
    return answer(request, await options.run(target, payload.value))
  }

/** By its key in serverless.yml, its name at AWS, or an ARN that ends in that. */
export const findFunction = (
  functions: readonly ServiceFunction[],
  name: string,
): ServiceFunction | undefined => {
  const last = name
    .split(':function:')
    .at(-1)
    ?.replace(/:\$LATEST$/, '')
  return functions.find(
    ({ functionName, deployedName }) => functionName === last || deployedName === last,
  )
}

const payloadOf = (body: Uint8Array): { readonly value: unknown } | undefined => {
  if (body.byteLength === 0) return { value: {} }
  try {
    return { value: JSON.parse(Buffer.from(body).toString('utf8')) }
  } catch {
    return undefined
  }
}

const answer = (request: GatewayRequest, outcome: Awaited<ReturnType<RunFunction>>): Response => {
  if (request.headers['x-amz-invocation-type'] === 'Event')
    return new Response(null, { status: 202 })
  const headers = { 'x-amz-executed-version': '$LATEST' }
  if (outcome.kind === 'returned') return Response.json(outcome.value ?? null, { headers })
  return Response.json(errorOf(outcome), {
    headers: { ...headers, 'x-amz-function-error': 'Unhandled' },
  })
}

const errorOf = (outcome: { kind: 'timed-out' } | { kind: 'threw'; error: unknown }) => {
  if (outcome.kind === 'timed-out')
    return { errorType: 'Sandbox.Timedout', errorMessage: 'Task timed out' }
  const { error } = outcome
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: [] }
    : { errorType: 'Error', errorMessage: 'not an Error was thrown', trace: [] }
}

const failure = (status: number, type: string, message: string): Response =>
  Response.json(
    { Type: 'User', Message: message, message },
    { status, headers: { 'x-amzn-errortype': type } },
  )
