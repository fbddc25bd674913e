// What each role may do, statement by statement. That the template says this is proven in package.test.ts,
// and that each function makes these calls and no others in calls.test.ts.

/** Of a role of a function, or of a person. */
export type Statement = Readonly<Record<string, unknown>>

type Place = { readonly stage: string; readonly table: string }

const table = { 'Fn::GetAtt': ['Table', 'Arn'] }
const index = { 'Fn::Join': ['', [table, '/index/due']] }
export const key = { 'Fn::GetAtt': ['Key', 'Arn'] }

export const ownRecords = ({ stage, table: name }: Place) => ({
  StringEquals: { 'kms:EncryptionContext:stage': stage, 'kms:EncryptionContext:table': name },
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['stage', 'table', 'created'] },
})

const allow = (
  Sid: string,
  Action: readonly string[],
  Resource: unknown,
  Condition?: object,
): Statement => ({ Sid, Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) })

const leadingKeys = (pattern: string) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] },
})

const kinds = (kind: string) => ({
  'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [kind] },
})

const log = (name: string) =>
  allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], {
    'Fn::GetAtt': [`${name}LogGroup`, 'Arn'],
  })

/** The one statement without a resource: neither action knows any. */
export const trace = allow('Trace', ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'], '*')

const tokens = allow(
  'Tokens',
  ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
  table,
  leadingKeys('api-token#*'),
)
const secrets = leadingKeys('looker-secret#*')
const readSecret = allow('ReadSecret', ['dynamodb:GetItem'], table, secrets)
const sessions = allow(
  'SessionsOfUser',
  ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  table,
  leadingKeys('embed-session#*'),
)
const listDue = allow('ListDue', ['dynamodb:Query'], index, kinds('api-token'))
const listSessions = allow('ListSessions', ['dynamodb:Query'], index, kinds('embed-session'))
const sealAndOpen = (place: Place) =>
  allow('SealAndOpen', ['kms:Decrypt', 'kms:GenerateDataKey'], key, ownRecords(place))

const byFunction: Readonly<Record<string, readonly Statement[]>> = {
  IssueApiToken: [tokens, readSecret],
  IssueApiTokenDirect: [tokens, readSecret],
  AcquireEmbedSession: [tokens, readSecret, sessions],
  AcquireEmbedSessionDirect: [tokens, readSecret, sessions],
  GenerateEmbedTokens: [tokens, readSecret, sessions],
  GenerateEmbedTokensDirect: [tokens, readSecret, sessions],
  EmbedSession: [tokens, readSecret, sessions],
  EmbedSessionDirect: [tokens, readSecret, sessions],
  RenewApiTokens: [tokens, readSecret, listDue],
  Sessions: [tokens, readSecret, sessions, listSessions],
  SessionsDirect: [tokens, readSecret, sessions, listSessions],
  EndDueSessions: [tokens, readSecret, sessions, listSessions],
  RevokeEverythingDirect: [tokens, listDue, readSecret, sessions, listSessions],
  ExamineLookerDirect: [readSecret],
}

/** Functions whose role may use the key. */
export const sealing = Object.keys(byFunction)

/** Every function, as the names of its resources begin. */
export const functionNames = [...sealing, 'Health']

export const secretWriter = 'SecretWriter'

export const rightsOf = (
  name: string,
  place: Place,
  { isTraced = true } = {},
): readonly Statement[] => {
  if (name === secretWriter) {
    return [
      allow('WriteSecret', ['dynamodb:GetItem', 'dynamodb:PutItem'], table, secrets),
      allow('Seal', ['kms:GenerateDataKey'], key, ownRecords(place)),
    ]
  }
  const own = byFunction[name]
  const traces = isTraced ? [trace] : []
  return [log(name), ...traces, ...(own ? [...own, sealAndOpen(place)] : [])]
}
