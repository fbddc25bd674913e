// The calls behind `npm run sessions`: the function sessionsDirect of a stage, and what it answers.
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda'
import * as v from 'valibot'
import { parseList, type SessionList } from '../pages/sessions/session.ts'
import { functionNameOf } from './stage-names.ts'

/** What the operator can mend, in words. */
export class Remedy extends Error {}

export type ListQuestion = {
  readonly user?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Errors: `Remedy`. */
export type SessionsCalls = {
  readonly list: (asked: ListQuestion) => Promise<SessionList>
  readonly endOne: (id: string) => Promise<void>
  readonly endAll: (user: string) => Promise<void>
}

export const createSessionsCalls = (client: LambdaClient, stage: string): SessionsCalls => {
  const FunctionName = functionNameOf(stage, 'sessionsDirect')
  const call = async (payload: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const sent = new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) })
    const { Payload, FunctionError } = await client.send(sent).catch((error: unknown) => {
      throw new Remedy(whyNotInvoked(error, FunctionName))
    })
    if (FunctionError !== undefined) {
      throw new Remedy(`${FunctionName} failed (${FunctionError}). Its log group says why.`)
    }
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString('utf8') || 'null')
    if (v.is(problem, answer)) throw new Remedy(whyRefused(answer, stage))
    return answer
  }
  return {
    list: async (asked) => parseList(await call({ action: 'list', ...asked })),
    endOne: async (id) => void (await call({ action: 'end', id })),
    endAll: async (user) => void (await call({ action: 'end-all', user })),
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

const whyRefused = (answer: v.InferOutput<typeof problem>, stage: string): string => {
  const { type, title, detail, request_id, retry_after } = answer
  const code = type.split(':').at(-1) ?? ''
  const again = retry_after === undefined ? '' : ` Try again in ${retry_after} s.`
  const what = remedies(stage)[code]
  return `${title} (${code}): ${detail}${what === undefined ? '' : ` ${what}`}${again} Request ${request_id}.`
}

const remedies = (stage: string): Readonly<Record<string, string>> => ({
  forbidden: `Write "direct: true" into the section admin of tenants/${stage}.yml and deploy.`,
  'not-found': `Write a section admin with "direct: true" into tenants/${stage}.yml and deploy.`,
  misconfigured: 'The log line of this request names what is missing; deploy again.',
  internal: 'The log line of this request says more.',
})

const whyNotInvoked = (error: unknown, name: string): string => {
  const { name: kind, message } = error instanceof Error ? error : { name: '', message: 'unknown' }
  if (kind === 'ResourceNotFoundException') {
    return `There is no function ${name} in this region. Deploy the stage, or name its region with --region.`
  }
  if (kind === 'AccessDeniedException') {
    return `These credentials may not invoke ${name}. They need lambda:InvokeFunction on it. (${message})`
  }
  if (kind === 'CredentialsProviderError') {
    return 'No AWS credentials are found. Sign in, or set AWS_PROFILE.'
  }
  if (kind === 'TooManyRequestsException') return 'Lambda asks to slow down. Run it again.'
  const away = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|TimeoutError/.test(
    `${kind} ${message} ${error instanceof Error && 'code' in error ? String(error.code) : ''}`,
  )
  return away
    ? 'Lambda cannot be reached. Check the network and the region; for the stage local, is npm start running?'
    : `${name} could not be invoked: ${kind}: ${message}`
}
