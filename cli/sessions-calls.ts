// The calls behind `npm run sessions`: the function sessionsDirect of a stage, and what it answers.
import type { LambdaClient } from '@aws-sdk/client-lambda'
import { parseList, type SessionList } from '../pages/sessions/session.ts'
import { createFunctionCall } from './function-call.ts'

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
  const call = createFunctionCall(client, { stage, key: 'sessionsDirect' }, remedies(stage))
  return {
    list: async (asked) => parseList(await call({ action: 'list', ...asked })),
    endOne: async (id) => void (await call({ action: 'end', id })),
    endAll: async (user) => void (await call({ action: 'end-all', user })),
  }
}

const remedies = (stage: string): Readonly<Record<string, string>> => ({
  forbidden: `Write "direct: true" into the section admin of tenants/${stage}.yml and deploy.`,
  'not-found': `Write a section admin with "direct: true" into tenants/${stage}.yml and deploy.`,
})
