// Whom a Looker API token belongs to. The one source of the memory key and the item key (and, by the
// item key, of what a sealed record is bound to), so these cannot disagree.
import type { Workspace } from '../config.ts'
import type { ItemKey } from '../store/token-store.ts'

export type Principal = {
  /** Origin of the Looker API, for example `https://acme.cloud.looker.com`. */
  readonly instance: string
  readonly clientId: string
  /** Looker user id (1 to 20 digits); absent for the service account itself. */
  readonly userId?: string
  readonly workspace: Workspace
}

const kind = 'api-token'

/** One item a principal; each part is percent-encoded, so no part can reach into the next. */
export const itemKeyOf = (principal: Principal): ItemKey => ({
  partition: [
    kind,
    encodeURIComponent(principal.instance),
    encodeURIComponent(principal.clientId),
    principal.userId === undefined ? 'service' : `user:${principal.userId}`,
    principal.workspace,
  ].join('#'),
  sort: kind,
})

/** The same parts, cheaper to make: no part can hold a line break. */
export const memoryKeyOf = ({ instance, clientId, userId, workspace }: Principal): string =>
  `${workspace}\n${userId ?? ''}\n${clientId}\n${instance}`

/** The principal that a partition key names; undefined if it is not one that `itemKeyOf` writes. */
export const principalOf = (partition: string): Principal | undefined => {
  const [prefix, instance, clientId, who = '', workspace, ...rest] = partition.split('#')
  const userId = /^user:(\d{1,20})$/.exec(who)?.[1]
  if (prefix !== kind || rest.length > 0 || (who !== 'service' && !userId)) return undefined
  if (workspace !== 'production' && workspace !== 'dev') return undefined
  const [origin, id] = [decoded(instance), decoded(clientId)]
  if (!origin || !id) return undefined
  return { instance: origin, clientId: id, ...(userId ? { userId } : {}), workspace }
}

/** Undefined also for what `encodeURIComponent` never writes, as a `%` alone. */
const decoded = (part = ''): string | undefined => {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** The service account in production: its token is the base of every user's login. */
export const baseOf = (principal: Principal): Principal => ({
  instance: principal.instance,
  clientId: principal.clientId,
  workspace: 'production',
})
