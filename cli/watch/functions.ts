// The functions of serverless.yml, as far as they are watched.
import type { Tenant } from '../../lib/config.ts'
import { functionNameOf, tableNameOf } from '../stage-names.ts'

const tokenFunctions = ['issueApiToken', 'issueApiTokenDirect'] as const

const embedFunctions = [
  'acquireEmbedSession',
  'acquireEmbedSessionDirect',
  'generateEmbedTokens',
  'generateEmbedTokensDirect',
  'embedSession',
  'embedSessionDirect',
] as const

const adminFunctions = ['sessions', 'sessionsDirect'] as const

export const functionKeys = [
  ...tokenFunctions,
  ...embedFunctions,
  ...adminFunctions,
  'health',
  'revokeEverythingDirect',
  'examineLookerDirect',
  'renewApiTokens',
  'endDueSessions',
] as const

export type FunctionKey = (typeof functionKeys)[number]

/** Those that answer somebody, and that this tenant uses. No more than 10: an alarm looks at no more metrics. */
export const answeringFunctions = ({ embed, admin }: Tenant): readonly FunctionKey[] => [
  ...tokenFunctions,
  ...(embed ? embedFunctions : []),
  ...(admin ? adminFunctions : []),
]

export const logGroupOf = (stage: string, key: FunctionKey): string =>
  `/aws/lambda/${functionNameOf(stage, key)}`

/** The access log, as serverless.yml names it. */
export const apiLogGroupOf = (stage: string): string =>
  `/aws/vendedlogs/http-api/${tableNameOf(stage)}`
