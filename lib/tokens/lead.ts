// The holder of a lease: logs in once, shares the token, or shares why there is none.
import type { DataKey } from '../crypto/sealer.ts'
import { StoreError } from '../errors.ts'
import { whose } from '../events.ts'
import type { Holder, SharedFailure, TokenItem } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import { attemptLogin } from './attempt.ts'
import type { Attempt, LoggedIn } from './attempt.ts'
import { ttlEpochSeconds } from './pace.ts'
import type { Parts } from './parts.ts'
import { insisting, patiently } from './patience.ts'
import { itemKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import { tokenKind } from './reader.ts'
import { encodeTokenRecord } from './token-record.ts'
import { renewalDueAtMs } from './token.ts'
import type { Token } from './token.ts'

export type Led =
  | { readonly outcome: 'token'; readonly token: Token }
  /** Another took over meanwhile, or may; `item` is what stands now. A token of ours was logged out. */
  | { readonly outcome: 'late'; readonly item: TokenItem | undefined }
  | { readonly outcome: 'base-refused' }
  | { readonly outcome: 'failed'; readonly reason: string; readonly retryAfterMs: number }

export type Leadership = {
  readonly principal: Principal
  readonly holder: Holder
  /** The item as the lease was taken: last failure and last key are on it. */
  readonly item: TokenItem | undefined
  /** Key of the token that is being replaced, if it could be opened. */
  readonly presentKey: DataKey | undefined
  /** The token that is being replaced, if it is marked as refused or revoked. */
  readonly dead: Token | undefined
  /** The service token; for users only. */
  readonly base: Token | undefined
  /** A caller asked for it, not the schedule. */
  readonly used: boolean
  /** By when the login must be done. */
  readonly login: Deadline
  /** By when the token must be shared, before others take over. */
  readonly lease: Deadline
}

/** Errors: what our own parts throw, after the lease was given back. */
export const lead = async (parts: Parts, leadership: Leadership): Promise<Led> => {
  // Frozen since the lease was asked for: that is no failure of Looker.
  if (leadership.login.remainingMs() === 0) return stepAside(parts, leadership)
  const dataKey = dataKeyFor(parts, leadership)
  const attempt = await attemptOrGiveBack(parts, leadership)
  if (attempt.outcome === 'logged-in') {
    return share(parts, leadership, { login: attempt.login, dataKey: await dataKey })
  }
  if (attempt.outcome === 'failed') return shareFailure(parts, leadership, attempt)
  await giveBack(parts, leadership)
  return attempt
}

const stepAside = async (parts: Parts, leadership: Leadership): Promise<Led> => {
  await giveBack(parts, leadership)
  return late(parts, leadership)
}

const late = async ({ store }: Parts, { principal }: Leadership): Promise<Led> => ({
  outcome: 'late',
  item: await store.read(itemKeyOf(principal), { consistent: true }),
})

/**
 * Only a login of the service account may make a data key; a user's token is sealed under the key that
 * came with its base, so a fleet shares one key per window. Undefined: no key, nothing can be stored.
 */
const dataKeyFor = async (
  { sealer }: Parts,
  { base, presentKey }: Leadership,
): Promise<DataKey | undefined> => {
  if (base) return base.dataKey
  try {
    return await sealer.currentKey(presentKey)
  } catch {
    // Reported as `token-not-stored` once there is a token.
    return undefined
  }
}

const attemptOrGiveBack = async (parts: Parts, leadership: Leadership): Promise<Attempt> => {
  const { principal, base, item, login } = leadership
  try {
    return await attemptLogin(parts, { principal, base, previous: item?.failure }, login)
  } catch (error) {
    await giveBack(parts, leadership)
    throw error
  }
}

/**
 * The lease out, and the failure in if there is one: what goes wrong with our own parts is not Looker's
 * word about this principal. False only if another took over meanwhile.
 */
const giveBack = async (
  { store, clock }: Parts,
  { principal, holder, item }: Leadership,
  failure?: SharedFailure,
): Promise<boolean> => {
  const ttl = ttlEpochSeconds(failure?.notBeforeAtMs ?? clock.now())
  const end = { ttlEpochSeconds: Math.max(item?.ttlEpochSeconds ?? 0, ttl) }
  try {
    return await store.release(itemKeyOf(principal), holder, failure ? { ...end, failure } : end)
  } catch (error) {
    // The lease ends by itself.
    if (!(error instanceof StoreError)) throw error
    return true
  }
}

const shareFailure = async (
  parts: Parts,
  leadership: Leadership,
  { failure, retryAfterMs }: Attempt & { outcome: 'failed' },
): Promise<Led> => {
  const released = await giveBack(parts, leadership, failure)
  if (!released) return late(parts, leadership)
  return { outcome: 'failed', reason: failure.reason, retryAfterMs }
}

type Login = {
  readonly login: LoggedIn
  readonly dataKey: DataKey | undefined
}

const share = async (parts: Parts, leadership: Leadership, login: Login): Promise<Led> => {
  const { principal, holder, dead } = leadership
  const { generation } = holder
  const { secret, issuedAtMs, expiresAtMs } = login.login
  const own: Token = { secret, issuedAtMs, expiresAtMs, generation: 0 }
  if (!login.dataKey) {
    await giveBack(parts, leadership)
    return keepOwn(parts, principal, own, 'keys')
  }
  const token: Token = { ...own, generation, dataKey: login.dataKey }
  try {
    const published = await publish(parts, leadership, { ...login, dataKey: login.dataKey, token })
    if (published.applied) {
      parts.memory.keep(principal, token)
      // Only now: until there was another, it was all that those had to whom Looker does not refuse it.
      if (dead) await parts.logIn.logOut(dead.secret)
      return { outcome: 'token', token }
    }
    parts.report({ name: 'late-login-discarded', generation, ...whose(principal) })
    await parts.logIn.logOut(secret)
    return { outcome: 'late', item: published.item }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return keepOwn(parts, principal, own, 'table')
  }
}

const keepOwn = (parts: Parts, principal: Principal, token: Token, why: 'keys' | 'table'): Led => {
  parts.report({ name: 'token-not-stored', why, ...whose(principal) })
  parts.memory.keep(principal, token)
  return { outcome: 'token', token }
}

const publish = (
  parts: Parts,
  { principal, holder, used, lease }: Leadership,
  { login, dataKey, token }: Login & { dataKey: DataKey; token: Token },
): ReturnType<Parts['store']['publish']> => {
  const key = itemKeyOf(principal)
  const { clientSecret } = login
  const frame = parts.sealer.seal(
    {
      plaintext: encodeTokenRecord({ token, ...(clientSecret ? { clientSecret } : {}) }),
      expiresAtMs: token.expiresAtMs,
    },
    { key, kind: tokenKind, generation: holder.generation },
    dataKey,
  )
  const publication = {
    frame,
    dueAtMs: renewalDueAtMs(token),
    used,
    loginMs: Math.round(login.tookMs),
    ttlEpochSeconds: ttlEpochSeconds(token.expiresAtMs),
  }
  const call = insisting(() => parts.store.publish(key, holder, publication))
  return patiently(parts, lease, call)
}
