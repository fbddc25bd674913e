// The calls behind `npm run sessions`: the function sessionsDirect of a stage, and what it answers.
import type { LambdaClient } from '@aws-sdk/client-lambda'
import { parseEnd, parseList, type SessionList } from '../pages/sessions/session.ts'
import { createFunctionCall, unknownAnswer } from './function-call.ts'

export type ListQuestion = {
  readonly user?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Ends resolve to whether Looker has confirmed. Errors: `Remedy`. */
export type SessionsCalls = {
  readonly list: (asked: ListQuestion) => Promise<SessionList>
  readonly endOne: (id: string) => Promise<boolean>
  readonly endAll: (user: string) => Promise<boolean>
}

export const createSessionsCalls = (client: LambdaClient, stage: string): SessionsCalls => {
  const call = createFunctionCall(client, { stage, key: 'sessionsDirect' }, remedies(stage))
  return {
    list: async (asked) => known(parseList, await call({ action: 'list', ...asked })),
    endOne: async (id) => known(parseEnd, await call({ action: 'end', id })),
    endAll: async (user) => known(parseEnd, await call({ action: 'end-all', user })),
  }
}

/** A complaint of the parser would quote the answer. */
const known = <T>(parse: (unverified: unknown) => T, unverified: unknown): T => {
  try {
    return parse(unverified)
  } catch {
    throw unknownAnswer()
  }
}

const remedies = (stage: string): Readonly<Record<string, string>> => ({
  forbidden: `Write "direct: true" into the section admin of tenants/${stage}.yml and deploy.`,
  'not-found': `Write a section admin with "direct: true" into tenants/${stage}.yml and deploy.`,
})
