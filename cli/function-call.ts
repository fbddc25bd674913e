// One function of a stage, invoked by a command: its answer, or in one line what the operator can mend.
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import * as v from 'valibot'
import { localKeys, loopback, portsOf } from '../local/addresses.ts'
import { toldByAws } from './aws-message.ts'
import { Remedy } from './remedy.ts'
import { functionNameOf, regionOf } from './stage-names.ts'
import { localStage } from './tenant-file.ts'

/** The stage is not there, not in this region, or older than the function. */
export class NoFunctionError extends Remedy {}

export type Where = { readonly stage: string; readonly region?: string | undefined }

/** The stage `local` is `npm start`. */
export const lambdaClientFor = (where: Where): LambdaClient => {
  const region = regionOf(where.region)
  if (where.stage !== localStage) return new LambdaClient({ region })
  const [key] = localKeys
  return new LambdaClient({
    region,
    endpoint: process.env['AWS_ENDPOINT_URL_LAMBDA'] ?? loopback(portsOf(process.env).gateway),
    ...(key === undefined ? {} : { credentials: key }),
  })
}

/** Errors: `Remedy`, `NoFunctionError`. */
export type FunctionCall = (payload: Readonly<Record<string, unknown>>) => Promise<unknown>

/** `key`: as serverless.yml names the function. `remedies`: by the code of a problem. */
export const createFunctionCall = (
  client: LambdaClient,
  { stage, key }: { readonly stage: string; readonly key: string },
  remedies: Readonly<Record<string, string>> = {},
): FunctionCall => {
  const FunctionName = functionNameOf(stage, key)
  return async (payload) => {
    const sent = new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) })
    const { Payload, FunctionError } = await client.send(sent).catch((error: unknown) => {
      throw whyNotInvoked(error, FunctionName)
    })
    if (FunctionError !== undefined) {
      throw new Remedy(`${FunctionName} failed (${FunctionError}). Its log group says why.`)
    }
    const answer = answerIn(Payload)
    if (v.is(problem, answer)) throw new Remedy(whyRefused(answer, remedies))
    return answer
  }
}

/** Without a word of the answer, which could hold anything. */
export const unknownAnswer = (): Remedy =>
  new Remedy('The function answers what this command does not know. Deploy the stage again.')

/** Errors: `Remedy`. */
const answerIn = (payload: Uint8Array | undefined): unknown => {
  try {
    return JSON.parse(Buffer.from(payload ?? []).toString('utf8') || 'null')
  } catch {
    throw unknownAnswer()
  }
}

const problem = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  request_id: v.string(),
  retry_after: v.optional(v.number()),
})

const usualRemedies: Readonly<Record<string, string>> = {
  misconfigured: 'The log line of this request names what is missing; deploy again.',
  internal: 'The log line of this request says more.',
}

const whyRefused = (
  answer: v.InferOutput<typeof problem>,
  remedies: Readonly<Record<string, string>>,
): string => {
  const { type, title, detail, request_id, retry_after } = answer
  const code = type.split(':').at(-1) ?? ''
  const again = retry_after === undefined ? '' : ` Try again in ${retry_after} s.`
  const what = remedies[code] ?? usualRemedies[code]
  return `${title} (${code}): ${detail}${what === undefined ? '' : ` ${what}`}${again} Request ${request_id}.`
}

const whyNotInvoked = (error: unknown, name: string): Remedy => {
  const kind = error instanceof Error ? error.name : ''
  if (kind === 'ResourceNotFoundException') {
    return new NoFunctionError(
      `There is no function ${name} in this region. Deploy the stage, or name its region with --region.`,
    )
  }
  return new Remedy(
    kind === 'AccessDeniedException'
      ? `These credentials may not invoke ${name}. They need lambda:InvokeFunction on it. (${toldByAws(error)})`
      : whyAway(error, name),
  )
}

const whyAway = (error: unknown, name: string): string => {
  const { name: kind, message } = error instanceof Error ? error : { name: '', message: 'unknown' }
  if (kind === 'CredentialsProviderError') {
    return 'No AWS credentials are found. Sign in, or set AWS_PROFILE.'
  }
  if (kind === 'TooManyRequestsException') return 'Lambda asks to slow down. Run it again.'
  const away = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|TimeoutError/.test(
    `${kind} ${message} ${error instanceof Error && 'code' in error ? String(error.code) : ''}`,
  )
  return away
    ? 'Lambda cannot be reached. Check the network and the region; for the stage local, is npm start running?'
    : `${name} could not be invoked: ${toldByAws(error)}`
}
