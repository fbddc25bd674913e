// A Lambda authorizer of payload format 2.0 with simple responses. Its answers are not cached.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
import type { Authorizer, ServiceFunction } from '../serverless-config.ts'
import type { Verdict } from './authorization.ts'
import { type Call, toAuthorizerEvent } from './event.ts'
import type { RunFunction } from './function-runner.ts'
import type { GatewayRequest } from './request.ts'

export type LambdaRules = Extract<Authorizer, { kind: 'lambda' }>

/** Throws when the function throws or answers in another form; the gateway makes that a 500. */
export type LambdaAuthorizer = (rules: LambdaRules, call: Call) => Promise<Verdict>

export const createLambdaAuthorizer =
  (options: {
    readonly functions: readonly ServiceFunction[]
    readonly run: RunFunction
    readonly region: string
  }): LambdaAuthorizer =>
  async (rules, call) => {
    const identitySource = rules.identitySources.map((source) => valueOf(source, call.request))
    if (!identitySource.every((value) => value !== undefined && value !== ''))
      return { kind: 'refused', status: 401 }
    const target = options.functions.find(({ functionName }) => functionName === rules.functionName)
    if (target === undefined) throw new Error(`no authorizer function ${rules.functionName}`)
    const { region } = options
    const event = toAuthorizerEvent(call, { region, identitySource: identitySource.map(String) })
    return verdictOf(await options.run(target, event))
  }

const valueOf = (expression: string, request: GatewayRequest): string | undefined => {
  const [, place, name = ''] = /^\$request\.(header|querystring)\.(.+)$/.exec(expression) ?? []
  if (place === 'querystring') return new URLSearchParams(request.query).get(name) ?? undefined
  if (place !== 'header') throw new Error(`not an identity source: ${expression}`)
  if (name.toLowerCase() === 'cookie') return request.cookies.join('; ')
  return request.headers[name.toLowerCase()]
}

const verdictOf = (outcome: Awaited<ReturnType<RunFunction>>): Verdict => {
  if (outcome.kind !== 'returned') throw new Error(`the authorizer ${outcome.kind}`)
  const answer = outcome.value
  if (typeof answer !== 'object' || answer === null || !('isAuthorized' in answer))
    throw new Error('the authorizer did not answer in the simple form')
  if (answer.isAuthorized !== true) return { kind: 'refused', status: 403 }
  const context = 'context' in answer ? answer.context : null
  return { kind: 'allowed', authorizer: { lambda: context } }
}
