// Who may have whose API token, by the tenant file. Pure; what is not named there is refused.
import type { Caller, Rights, Tenant, Workspace } from '../config.ts'

export type { Rights } from '../config.ts'

const nothing: Rights = { service_account: false, users: [], workspaces: [] }

/** Rights of an IAM role. A role without an entry has none. */
export const rightsOf = (tenant: Tenant, caller: { account: string; role: string }): Rights =>
  tenant.api_tokens.callers.find((entry) => isSame(entry, caller)) ?? nothing

const isSame = (entry: Caller, caller: { account: string; role: string }): boolean =>
  entry.account === caller.account && entry.role === caller.role

export const mayHave = (
  rights: Rights,
  asked: { readonly userId: string | undefined; readonly workspace: Workspace },
): boolean => {
  if (!rights.workspaces.includes(asked.workspace)) return false
  if (asked.userId === undefined) return rights.service_account
  return rights.users === 'any' || rights.users.includes(asked.userId)
}
