// The holder of a lease: logs in once, shares the token, or shares why there is none.
import type { DataKey } from '../crypto/sealer.ts'
import { StoreError } from '../errors.ts'
import { whose } from '../events.ts'
import type { Holder, TokenItem } from '../store/token-store.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import type { Base, LoginResult } from './log-in.ts'
import { nextFailure, ttlEpochSeconds } from './pace.ts'
import type { Parts } from './parts.ts'
import { patiently } from './patience.ts'
import { itemKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import { tokenKind } from './reader.ts'
import { encodeTokenRecord } from './token-record.ts'
import { renewalDueAtMs } from './token.ts'
import type { Token } from './token.ts'

export type Led =
  | { readonly outcome: 'token'; readonly token: Token }
  /** Another took over meanwhile; `item` is what it left. Ours was logged out. */
  | { readonly outcome: 'late'; readonly item: TokenItem | undefined }
  | { readonly outcome: 'failed'; readonly reason: string; readonly retryAfterMs: number }

export type Leadership = {
  readonly principal: Principal
  readonly holder: Holder
  /** The item as the lease was taken: last failure and last key are on it. */
  readonly item: TokenItem | undefined
  /** Key of the token that is being replaced, if it could be opened. */
  readonly presentKey: DataKey | undefined
  readonly base: Base | undefined
  /** A caller asked for it, not the schedule. */
  readonly used: boolean
  readonly deadline: Deadline
}

type Success = LoginResult & { ok: true }

/** Errors: what our own parts throw, after the lease was given back. */
export const lead = async (parts: Parts, leadership: Leadership): Promise<Led> => {
  const { principal, base, deadline } = leadership
  const startedMs = parts.clock.monotonic()
  const dataKey = dataKeyFor(parts, leadership)
  const result = await logInOrGiveBack(parts, leadership, () =>
    parts.logIn.logIn(principal, base, atMost(parts.clock, parts.settings.loginBudgetMs, deadline)),
  )
  if (!result.ok) return shareFailure(parts, leadership, result)

  const loginMs = Math.round(parts.clock.monotonic() - startedMs)
  parts.report({ name: 'login-succeeded', login_ms: loginMs, ...whose(principal) })
  return share(parts, leadership, { result, dataKey: await dataKey, loginMs })
}

/**
 * Only a login of the service account may make a data key; a user's token is sealed under the key that
 * came with its base, so a fleet shares one key per window. Undefined: no key, nothing can be stored.
 */
const dataKeyFor = async (
  { sealer }: Parts,
  { base, presentKey }: Leadership,
): Promise<DataKey | undefined> => {
  if (base) return base.token.dataKey
  try {
    return await sealer.currentKey(presentKey)
  } catch {
    // Reported as `token-not-stored` once there is a token.
    return undefined
  }
}

const logInOrGiveBack = async (
  parts: Parts,
  leadership: Leadership,
  logIn: () => Promise<LoginResult>,
): Promise<LoginResult> => {
  try {
    return await logIn()
  } catch (error) {
    await giveBack(parts, leadership)
    throw error
  }
}

/** The lease out without a failure: what went wrong is not Looker's word about this principal. */
const giveBack = async (
  { store, clock }: Parts,
  { principal, holder, item }: Leadership,
): Promise<void> => {
  try {
    const ttl = Math.max(item?.ttlEpochSeconds ?? 0, ttlEpochSeconds(clock.now()))
    await store.release(itemKeyOf(principal), holder, { ttlEpochSeconds: ttl })
  } catch (error) {
    // The lease ends by itself.
    if (!(error instanceof StoreError)) throw error
  }
}

const shareFailure = async (
  parts: Parts,
  leadership: Leadership,
  result: LoginResult & { ok: false },
): Promise<Led> => {
  const { principal, holder, item, base } = leadership
  const now = parts.clock.now()
  const failure = nextFailure(item?.failure, result, now)
  const retryAfterMs = failure.notBeforeAtMs - now
  const { reason, count } = failure
  parts.report({
    name: 'login-failed',
    reason: result.reason,
    status: result.status ?? null,
    count,
    retry_in_ms: retryAfterMs,
    ...whose(principal),
  })
  if (base && result.reason === 'refused-token') {
    // Looker refused the service account's token: that says nothing about this user.
    await giveBack(parts, leadership)
    return { outcome: 'failed', reason, retryAfterMs }
  }
  const ttl = Math.max(item?.ttlEpochSeconds ?? 0, ttlEpochSeconds(failure.notBeforeAtMs))
  try {
    await parts.store.release(itemKeyOf(principal), holder, { failure, ttlEpochSeconds: ttl })
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
  }
  return { outcome: 'failed', reason, retryAfterMs }
}

const share = async (
  parts: Parts,
  leadership: Leadership,
  login: { result: Success; dataKey: DataKey | undefined; loginMs: number },
): Promise<Led> => {
  const { principal, holder } = leadership
  const { secret, issuedAtMs, expiresAtMs } = login.result
  const own: Token = { secret, issuedAtMs, expiresAtMs, generation: 0 }
  if (!login.dataKey) {
    await giveBack(parts, leadership)
    parts.report({ name: 'token-not-stored', why: 'keys', ...whose(principal) })
    return { outcome: 'token', token: parts.memory.keep(principal, own) }
  }
  const token: Token = { ...own, generation: holder.generation, dataKey: login.dataKey }
  try {
    const published = await publish(parts, leadership, { ...login, dataKey: login.dataKey, token })
    if (published.applied) return { outcome: 'token', token: parts.memory.keep(principal, token) }
    parts.report({
      name: 'late-login-discarded',
      generation: holder.generation,
      ...whose(principal),
    })
    await parts.logIn.logOut(secret)
    return { outcome: 'late', item: published.item }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    parts.report({ name: 'token-not-stored', why: 'table', ...whose(principal) })
    return { outcome: 'token', token: parts.memory.keep(principal, own) }
  }
}

const publish = (
  parts: Parts,
  { principal, holder, used, deadline }: Leadership,
  login: { result: Success; dataKey: DataKey; loginMs: number; token: Token },
): ReturnType<Parts['store']['publish']> => {
  const { result, dataKey, loginMs, token } = login
  const key = itemKeyOf(principal)
  const record = result.clientSecret ? { token, clientSecret: result.clientSecret } : { token }
  const frame = parts.sealer.seal(
    { plaintext: encodeTokenRecord(record), expiresAtMs: token.expiresAtMs },
    { key, kind: tokenKind, generation: holder.generation },
    dataKey,
  )
  const publication = {
    frame,
    dueAtMs: renewalDueAtMs(token),
    used,
    loginMs,
    ttlEpochSeconds: ttlEpochSeconds(token.expiresAtMs),
  }
  return patiently(parts, deadline, () => parts.store.publish(key, holder, publication))
}
