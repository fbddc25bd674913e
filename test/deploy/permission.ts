// Whether a statement allows a call: IAM, as far as the roles of this service use it. Whatever else a
// statement says is an error, so that nothing passes unseen.
import * as v from 'valibot'
import type { Statement } from './rights.ts'

export type Call = {
  /** `dynamodb:Query` */
  readonly action: string
  readonly resource: 'table' | 'index' | 'key'
  /** Partition keys of the items, or of the index. */
  readonly leadingKeys?: readonly string[]
  readonly encryptionContext?: Readonly<Record<string, string>>
}

const texts = v.array(v.string())

const statementSchema = v.strictObject({
  Sid: v.string(),
  Effect: v.literal('Allow'),
  Action: texts,
  Resource: v.unknown(),
  Condition: v.optional(
    v.strictObject({
      StringEquals: v.optional(v.record(v.string(), v.string())),
      'ForAllValues:StringEquals': v.optional(v.record(v.string(), texts)),
      'ForAllValues:StringLike': v.optional(v.record(v.string(), texts)),
    }),
    {},
  ),
})

const table = '{"Fn::GetAtt":["Table","Arn"]}'
const resources: Readonly<Record<string, Call['resource']>> = {
  [table]: 'table',
  [`{"Fn::Join":["",[${table},"/index/due"]]}`]: 'index',
  '{"Fn::GetAtt":["Key","Arn"]}': 'key',
}

export const allows = (statement: Statement, call: Call): boolean => {
  const { Action, Resource, Condition } = v.parse(statementSchema, statement)
  if (!Action.includes(call.action)) return false
  if (resources[JSON.stringify(Resource)] !== call.resource) return false
  const values = valuesOf(call)
  return [
    ...Object.entries(Condition.StringEquals ?? {}).map(
      ([name, wanted]) => values[name]?.length === 1 && values[name][0] === wanted,
    ),
    ...Object.entries(Condition['ForAllValues:StringEquals'] ?? {}).map(([name, wanted]) =>
      all(values[name], (value) => wanted.includes(value)),
    ),
    ...Object.entries(Condition['ForAllValues:StringLike'] ?? {}).map(([name, patterns]) =>
      all(values[name], (value) => patterns.some((pattern) => isLike(pattern, value))),
    ),
  ].every(Boolean)
}

const valuesOf = ({ leadingKeys, encryptionContext = {} }: Call) => {
  const values: Record<string, readonly string[]> = {
    'kms:EncryptionContextKeys': Object.keys(encryptionContext),
  }
  if (leadingKeys) values['dynamodb:LeadingKeys'] = leadingKeys
  for (const [name, value] of Object.entries(encryptionContext)) {
    values[`kms:EncryptionContext:${name}`] = [value]
  }
  return values
}

// IAM takes an absent value for a match here. A call of ours always has one.
const all = (values: readonly string[] = [], fits: (value: string) => boolean): boolean =>
  values.length > 0 && values.every(fits)

const isLike = (pattern: string, value: string): boolean => {
  const [start = '', ...rest] = pattern.split('*')
  if (rest.length !== 1 || rest[0] !== '' || pattern.includes('?')) {
    throw new Error(`not a prefix: ${pattern}`)
  }
  return value.startsWith(start)
}
