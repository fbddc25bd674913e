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
  NotPrincipal: v.optional(v.unknown()),
  Action: texts,
  NotAction: v.optional(texts),
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
  return failed(`The policy of the key lets others than named roles use it (${names}).`, remedy)
}

/**
 * Lets a whole account open or seal, or everybody do anything: who may change the policy may open. Resources are not
 * looked at: those of a key's policy are the key, and what is left out by `NotResource` is another.
 */
const isWide = (given: Statement): boolean =>
  given.Effect === 'Allow' &&
  (isForAll(given) || (allowsUse(given) && isForAccount(given))) &&
  !Object.entries(given.Condition).some(([operator, rules]) => namesRoles(operator, rules))

const allowsUse = ({ Action, NotAction }: Statement): boolean =>
  uses.some((use) =>
    NotAction === undefined
      ? Action.some((action) => isFor(action, use))
      : !NotAction.some((action) => isFor(action, use)),
  )

/** Everybody but those that are named are nearly all. */
const isForAll = ({ Principal, NotPrincipal }: Statement): boolean =>
  NotPrincipal !== undefined || namesOf(Principal).includes('*')

const isForAccount = ({ Principal }: Statement): boolean => namesOf(Principal).some(isWhole)

const namesOf = (principal: Statement['Principal']): readonly string[] =>
  principal === undefined ? [] : typeof principal === 'string' ? [principal] : principal.AWS

/** The account's root stands for everybody in it; so does its bare number. */
const isWhole = (principal: string): boolean =>
  principal.endsWith(':root') || /^\d{12}$/.test(principal)

const uses = [
  'kms:decrypt',
  'kms:encrypt',
  'kms:generatedatakey',
  'kms:reencryptfrom',
  'kms:creategrant',
]

/** Whether an action of a policy, in which `*` stands for anything and `?` for a character, is or has this one. */
const isFor = (action: string, use: string): boolean => {
  const literal = action.toLowerCase().replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(use)
}

const namesRoles = (operator: string, rules: Readonly<Record<string, readonly string[]>>) =>
  /^(ArnEquals|ArnLike|StringEquals)$/.test(operator) &&
  Object.entries(rules).some(
    ([key, arns]) =>
      key.toLowerCase() === 'aws:principalarn' && arns.every((arn) => !/[*?]/.test(arn)),
  )
