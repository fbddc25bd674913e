// Revoking every stored token at once: each is marked, so that nobody is served it any more, and logged out
// at Looker. What Looker does not confirm stays in the index for the next call.
import { LookerError, SealError } from '../errors.ts'
import { whose } from '../events.ts'
import type { Report } from '../events.ts'
import type { Sealer } from '../crypto/sealer.ts'
import type { LookerClient } from '../looker/client.ts'
import type { ItemKey, TokenItem, TokenStore } from '../store/token-store.ts'
import { atMost } from '../time.ts'
import type { Clock, Deadline } from '../time.ts'
import { clockSkewMs, leaseLengthMs } from './parts.ts'
import type { Settings } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Principal } from './principal.ts'
import { tokenKind } from './reader.ts'
import { decodeTokenRecord } from './token-record.ts'
import type { Token } from './token.ts'

/** Tokens at the same time: gentle to Looker. */
const workers = 4
const logoutMs = 3_000
/** A token is not begun with less than this left. */
const oneMs = logoutMs + 3_000
/** Looker counts as away after so many failures in a row; the rest is marked and left. */
const mostFailures = 4
/** Whatever is in the index, however late it is due. */
const farFutureAtMs = 8.64e15

export type TokensRevoked = {
  /** Logged out at Looker. */
  readonly ended: number
  /** Looker has not confirmed, or the time was over: call again. */
  readonly left: number
  /** Marked, and cannot be logged out: the record does not open, or is of another Looker. */
  readonly lost: number
}

type Outcome = keyof TokensRevoked | 'untouched'

/** `begunAtMs`: tokens of logins that began after it are left alone. */
export type RevokeTokens = (begunAtMs: number, deadline: Deadline) => Promise<TokensRevoked>

type RevocationParts = {
  readonly store: Pick<TokenStore, 'listDue' | 'read' | 'markRevoked' | 'dropDue'>
  readonly sealer: Pick<Sealer, 'open'>
  readonly looker: Pick<LookerClient, 'logout'>
  readonly instance: string
  readonly clock: Clock
  readonly report: Report
  readonly settings: Settings
}

/** Errors of the call: `StoreError`, `KeysError`. */
export const createRevokeTokens = (parts: RevocationParts): RevokeTokens => {
  const { clock, report } = parts
  return async (begunAtMs, deadline) => {
    const first = await onePass(parts, begunAtMs, deadline)
    // A login that was under way has shared its token by then.
    const settledAtMs = begunAtMs + leaseLengthMs(parts.settings) + clockSkewMs
    const waitMs = Math.max(0, settledAtMs - clock.now())
    const inTime = deadline.remainingMs() > waitMs
    await clock.sleep(Math.min(waitMs, deadline.remainingMs()))
    const second = inTime ? await onePass(parts, begunAtMs, deadline) : undefined
    const counts = {
      ended: first.ended + (second?.ended ?? 0),
      // Without a second look nobody knows that nothing is left.
      left: second?.left ?? Math.max(1, first.left),
      lost: first.lost + (second?.lost ?? 0),
    }
    report({ name: 'revoke-run', what: 'tokens', ...counts })
    return counts
  }
}

const onePass = async (
  parts: RevocationParts,
  begunAtMs: number,
  deadline: Deadline,
): Promise<TokensRevoked> => {
  const counts = { ended: 0, left: 0, lost: 0, untouched: 0 }
  const rows = parts.store.listDue(farFutureAtMs)[Symbol.asyncIterator]()
  let failures = 0
  const work = async (): Promise<void> => {
    for (let row = await rows.next(); !row.done; row = await rows.next()) {
      const hasTime = deadline.remainingMs() >= oneMs
      const isAway = failures >= mostFailures
      const outcome = hasTime
        ? await revokeOne(parts, { key: row.value.key, begunAtMs, isAway }, deadline)
        : 'left'
      if (outcome === 'ended') failures = 0
      if (outcome === 'left') failures += 1
      counts[outcome] += 1
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: workers }, work))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed) throw failed.reason
  return counts
}

type One = { readonly key: ItemKey; readonly begunAtMs: number; readonly isAway: boolean }

const revokeOne = async (
  parts: RevocationParts,
  { key, begunAtMs, isAway }: One,
  deadline: Deadline,
): Promise<Outcome> => {
  const { store, clock } = parts
  const item = await store.read(key, { consistent: true })
  if (!item?.sealed) return 'untouched'
  const { generation } = item.sealed
  const token = await open(parts, item, item.sealed)
  // Its login began after the command, with the secret that counts since.
  if (token && token.issuedAtMs > begunAtMs + clockSkewMs) return 'untouched'
  if (token && token.expiresAtMs <= clock.now()) return 'untouched'
  const principal = principalOf(key.partition)
  await mark(parts, { item, generation, principal })
  // A token is sent to the Looker that it is for alone.
  const mine = principal?.instance === parts.instance ? token : undefined
  if (mine && (isAway || !(await isLoggedOut(parts, mine, deadline)))) return 'left'
  await store.dropDue(key, generation, true)
  return mine ? 'ended' : 'lost'
}

/** Undefined for a record that does not open. Errors: `KeysError`. */
const open = async (
  { sealer }: RevocationParts,
  { key }: TokenItem,
  { frame, generation }: NonNullable<TokenItem['sealed']>,
): Promise<Token | undefined> => {
  try {
    const opened = await sealer.open(frame, { key, kind: tokenKind, generation })
    return decodeTokenRecord(opened, generation).token
  } catch (error) {
    if (!(error instanceof SealError)) throw error
    return undefined
  }
}

const mark = async (
  { store, report }: RevocationParts,
  {
    item,
    generation,
    principal,
  }: {
    readonly item: TokenItem
    readonly generation: number
    readonly principal: Principal | undefined
  },
): Promise<void> => {
  if (item.revokedGeneration === generation) return
  const { applied } = await store.markRevoked(item.key, generation)
  if (applied && principal) report({ name: 'token-revoked', generation, ...whose(principal) })
}

const isLoggedOut = async (
  { looker, clock }: RevocationParts,
  { secret }: Token,
  deadline: Deadline,
): Promise<boolean> => {
  try {
    await looker.logout(secret, atMost(clock, logoutMs, deadline))
    return true
  } catch (error) {
    if (!(error instanceof LookerError)) throw error
    return false
  }
}
