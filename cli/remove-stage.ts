// What `npm run tenant:remove` does, step by step. Each step looks at what is there, so that a run after a failure
// goes on where the last one stopped. What the steps call is in stage-resources.ts and serverless-remove.ts.
import { NoFunctionError } from './function-call.ts'
import { Remedy } from './remedy.ts'
import { stackStateOf } from './stack-state.ts'

export type Stack = {
  /** Of CloudFormation, as `UPDATE_COMPLETE`. */
  readonly status: string
  /** Undefined before the first whole deploy: nothing was sealed. */
  readonly keyId: string | undefined
}

export type StageParts = {
  readonly stack: () => Promise<Stack | undefined>
  /** `protected`: against deletion. */
  readonly table: () => Promise<'none' | 'protected' | 'open'>
  readonly unprotectTable: () => Promise<void>
  readonly deleteTable: () => Promise<void>
  /** By the `serverless` command, which also empties the deployment bucket. Errors: `Remedy`. */
  readonly removeStack: () => Promise<void>
  /** How many sessions and tokens are left. Errors: `Remedy`, `NoFunctionError`. */
  readonly revoke: () => Promise<number>
  /** Errors: `Remedy` when it is not confirmed. */
  readonly confirm: () => Promise<void>
  readonly tell: (line: string) => void
}

export type RemoveOptions = {
  readonly stage: string
  readonly region: string
  readonly dryRun: boolean
  readonly skipRevoke: boolean
  /** Goes on although Looker has not confirmed everything. */
  readonly force: boolean
}

/** Errors: `Remedy`. */
export const removeStage = async (parts: StageParts, options: RemoveOptions): Promise<void> => {
  const { stage, region, dryRun } = options
  const stack = await parts.stack()
  const table = await parts.table()
  if (!stack && table === 'none') {
    return parts.tell(
      `Nothing of ${stage} is in ${region}. It is removed, or in another region (--region).`,
    )
  }
  const state = stack && stackStateOf(stack.status)
  if (stack && state === 'busy') {
    throw new Remedy(`The stack is busy (${stack.status}). Run it again when it has ended.`)
  }
  const plan = planOf({ stack, table }, options)
  if (dryRun) return plan.forEach((step) => parts.tell(`Would ${step}.`))
  if (state === 'empty') parts.tell(neverMade)
  await parts.confirm()
  if (stack) await revokeThenRemove(parts, stack, options)
  await removeTable(parts)
  parts.tell(doneLine(stage, region, stack))
}

const neverMade =
  'The stack was never made (REVIEW_IN_PROGRESS): its first deploy was broken off. If somebody is deploying it for the first time just now, let that end.'

type Seen = {
  readonly stack: Stack | undefined
  readonly table: 'none' | 'protected' | 'open'
}

const planOf = (
  { stack, table }: Seen,
  { stage, skipRevoke }: RemoveOptions,
): readonly string[] => [
  ...(stack?.keyId !== undefined && !skipRevoke
    ? [`end all embed sessions of ${stage} and log out its API tokens, and wait for Looker`]
    : []),
  ...(stack ? [`remove the stack (${stack.status})${keyPlan(stack)}`] : []),
  ...(table === 'none'
    ? []
    : [`${table === 'protected' ? 'take off the protection of the table, and ' : ''}delete it`]),
]

const keyPlan = ({ keyId }: Stack): string =>
  keyId === undefined ? '' : `, whose key ${keyId} is deleted 30 days later`

const revokeThenRemove = async (
  parts: StageParts,
  stack: Stack,
  options: RemoveOptions,
): Promise<void> => {
  await revokeAll(parts, stack, options)
  // A first deploy that failed is stuck at a table that it may not delete.
  if (stack.keyId === undefined || isStuck(stack)) await unprotect(parts)
  await parts.removeStack()
  const left = await parts.stack()
  if (!left) return parts.tell('The stack is removed.')
  throw new Remedy(
    `The stack is not removed (${left.status}). Its events in CloudFormation say why; mend that, and run this again.`,
  )
}

/** Of a first deploy that failed, or of an earlier run of this. */
const isStuck = ({ status }: Stack): boolean => stackStateOf(status) === 'stuck'

const revokeAll = async (
  parts: StageParts,
  stack: Stack,
  { skipRevoke, force }: RemoveOptions,
): Promise<void> => {
  const { tell } = parts
  if (skipRevoke) {
    return tell('Nothing is revoked: sessions and tokens live at Looker until their own end.')
  }
  if (stack.keyId === undefined) return tell('The stack has no key: there is nothing to revoke.')
  const left = await leftAfter(parts, stack)
  if (left === 0) return
  const what = 'Looker has not confirmed everything'
  if (!force) throw new Remedy(`${what}. Run it again, or add --force to remove the stage anyway.`)
  tell(`${what}: what is left lives at Looker until its own end.`)
}

const leftAfter = async ({ revoke, tell }: StageParts, stack: Stack): Promise<number> => {
  try {
    return await revoke()
  } catch (error) {
    if (!(error instanceof NoFunctionError)) throw error
    if (!isStuck(stack)) throw new Remedy(withoutFunction(stack))
    tell('The function that revokes is gone, or was never made.')
    return 0
  }
}

const withoutFunction = ({ status }: Stack): string =>
  stackStateOf(status) === 'halted'
    ? `The stack has no function revokeEverythingDirect, and cannot be deployed as it is (${status}). Add --skip-revoke; or have CloudFormation finish its rollback first (aws cloudformation continue-update-rollback).`
    : 'The stack has no function revokeEverythingDirect: it was deployed before there was one. Deploy it once more, or add --skip-revoke.'

const unprotect = async ({ table, unprotectTable, tell }: StageParts): Promise<void> => {
  if ((await table()) !== 'protected') return
  await unprotectTable()
  tell('The protection of the table is off.')
}

/** Without the key of the stack nobody opens what is in it, and it would be in the way of a new deploy. */
const removeTable = async (parts: StageParts): Promise<void> => {
  await unprotect(parts)
  if ((await parts.table()) === 'none') return
  await parts.deleteTable()
  parts.tell('The table is deleted.')
}

const doneLine = (stage: string, region: string, stack: Stack | undefined): string => {
  const done = `Removed ${stage} from ${region}.`
  if (stack?.keyId === undefined) return done
  return (
    `${done} Its key is deleted in 30 days. Until then: ` +
    `aws kms cancel-key-deletion --region ${region} --key-id ${stack.keyId}`
  )
}
