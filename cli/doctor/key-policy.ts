// Whether the policy of the key still lets named roles alone use it. Pure.
import * as v from 'valibot'
import { failed, ok, skipped } from '../../lib/doctor/finding.ts'
import type { Verdict } from '../../lib/doctor/finding.ts'
import { whyNotTold } from './aws-words.ts'
import type { Facts } from './facts.ts'

const texts = v.pipe(
  v.optional(v.union([v.string(), v.array(v.string())]), []),
  v.transform((given) => [given].flat()),
)

const statement = v.object({
  Sid: v.optional(v.string(), 'without a name'),
  Effect: v.string(),
  Principal: v.optional(v.union([v.string(), v.object({ AWS: texts })])),
  Action: texts,
  NotAction: v.optional(v.unknown()),
  Condition: v.optional(v.record(v.string(), v.record(v.string(), texts)), {}),
})

const policySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    Statement: v.union([
      v.array(statement),
      v.pipe(
        statement,
        v.transform((one) => [one]),
      ),
    ]),
  }),
)

type Statement = v.InferOutput<typeof statement>

export const judgePolicy = ({ policy, stage }: Facts): Verdict => {
  if (policy === undefined) return skipped('The key does not tell its policy.')
  if (!policy.ok) return whyNotTold(policy, 'the policy of the key', 'kms:GetKeyPolicy')
  const remedy = `Deploy the stage again (npx serverless deploy --stage ${stage}); if nothing changes, put the policy of serverless.yml back by hand.`
  const parsed = v.safeParse(policySchema, policy.value)
  if (!parsed.success) return failed('The policy of the key cannot be read.', remedy)
  const wide = parsed.output.Statement.filter(isWide)
  if (wide.length === 0) return ok('The policy of the key lets named roles alone use it.')
  const names = wide.map(({ Sid }) => Sid).join(', ')
  return failed(`The policy of the key lets whoever the account allows use it (${names}).`, remedy)
}

/** Lets a whole account, or everybody, open or seal. */
const isWide = ({ Effect, Principal, Action, NotAction, Condition }: Statement): boolean =>
  Effect === 'Allow' &&
  (NotAction !== undefined || Action.some(isUse)) &&
  namesOf(Principal).some(isWhole) &&
  !Object.entries(Condition).some(([operator, rules]) => namesRoles(operator, rules))

const namesOf = (principal: Statement['Principal']): readonly string[] =>
  principal === undefined ? [] : typeof principal === 'string' ? [principal] : principal.AWS

/** The account's root stands for everybody in it; so does its bare number. */
const isWhole = (principal: string): boolean =>
  principal === '*' || principal.endsWith(':root') || /^\d{12}$/.test(principal)

const uses = [
  'kms:decrypt',
  'kms:encrypt',
  'kms:generatedatakey',
  'kms:reencryptfrom',
  'kms:creategrant',
]

/** A pattern counts as what it could stand for. */
const isUse = (action: string): boolean => {
  const pieces = action.toLowerCase().split('*')
  const pattern = pieces.map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')
  return uses.some((use) => new RegExp(`^${pattern}$`).test(use))
}

const namesRoles = (operator: string, rules: Readonly<Record<string, readonly string[]>>) =>
  /^(ArnEquals|ArnLike|StringEquals)$/.test(operator) &&
  Object.entries(rules).some(
    ([key, arns]) =>
      key.toLowerCase() === 'aws:principalarn' && arns.every((arn) => !arn.includes('*')),
  )
