// What a page may know of its user's session, so that it can warn, and say why it ended.
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { SessionEnd } from '../store/session-store.ts'
import { atMost } from '../time.ts'
import type { StateAnswer } from './answers.ts'
import { toldError } from './failures.ts'
import { secondsLeft } from './page-tokens.ts'
import type { EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import { createSessionReader } from './reader.ts'
import type { EmbedService } from './service.ts'
import { digestOf, sessionKeyOf } from './session-key.ts'
import type { SessionRecord } from './session-record.ts'
import { endByPolicy } from './over.ts'
import { overOf } from './under-policy.ts'
import { isSignedInSince } from './tombstone.ts'

/** A page that asks for this has its tokens already, and can ask again. */
const budgetMs = 2_000

/** One read, nothing written, nothing asked of Looker. */
export const createState = (
  parts: Pick<
    EmbedParts,
    'store' | 'sealer' | 'service' | 'clock' | 'chance' | 'report' | 'policy'
  >,
): EmbedService['state'] => {
  const { store, service, clock } = parts
  const open = createSessionReader(parts)

  const look = async (caller: EmbedCaller): Promise<StateAnswer> => {
    const item = await store.read(sessionKeyOf(service.instance, caller))
    const { signedInAtMs } = caller.visitor
    if (!item?.ended) return stateOf(await open(item), caller, clock.now())
    // Without a policy an end that stands says it all, and its record costs nothing.
    const record = parts.policy && !item.ended.needsSignIn ? await open(item) : undefined
    return endedState(endByPolicy(item, record) ?? item.ended, signedInAtMs)
  }

  return async (caller, _held, deadline) => {
    const until = atMost(clock, budgetMs, deadline)
    try {
      return await persistently(parts, until, () => look(caller))
    } catch (error) {
      throw toldError(error)
    }
  }
}

/** A record of another user agent is of no use to this browser. */
export const stateOf = (
  record: SessionRecord | undefined,
  { page, visitor }: EmbedCaller,
  nowAtMs: number,
): StateAnswer => {
  if (record?.userAgentDigest !== digestOf(page.userAgent)) return noState
  const seconds = secondsLeft(record, nowAtMs)
  if (seconds > 0) return { ...noState, state: 'active', ...endOf(record), ends_in: seconds }
  return endedState(endIn(record), visitor.signedInAtMs)
}

/** Of a session that is over, and of which nobody wrote so yet; or that has less than a second left. */
const endIn = (record: SessionRecord): SessionEnd => {
  const { stand, expiresAtMs } = record
  const over = overOf(record)
  if (over) return { atMs: over.atMs, reason: over.reason, needsSignIn: true }
  const endsByPolicy = stand?.over === false && stand.endsAtMs === expiresAtMs
  const reason = endsByPolicy && stand.warns === 'inactivity' ? 'inactive' : 'expired'
  return { atMs: expiresAtMs, reason, needsSignIn: endsByPolicy }
}

const noState: StateAnswer = {
  state: 'none',
  ends_at: null,
  ends_in: 0,
  ended_at: null,
  reason: null,
  sign_in_required: false,
  warn_at: null,
  warns: null,
  may_extend: false,
  extends_to: null,
  idle_ends_at: null,
  stays_signed_in: false,
}

const endOf = ({ expiresAtMs, stand, times }: SessionRecord): Partial<StateAnswer> => {
  const ends_at = isoOf(expiresAtMs)
  if (!stand || stand.over) return { ends_at }
  const { warnAtMs, warns, mayExtend, extendsToMs, idleEndsAtMs } = stand
  return {
    ends_at,
    warn_at: isoOf(warnAtMs),
    warns,
    may_extend: mayExtend,
    extends_to: extendsToMs === undefined ? null : isoOf(extendsToMs),
    idle_ends_at: idleEndsAtMs === undefined ? null : isoOf(idleEndsAtMs),
    stays_signed_in: times?.stays === true,
  }
}

const endedState = (end: SessionEnd, signedInAtMs: number | undefined): StateAnswer => ({
  ...noState,
  state: 'ended',
  ended_at: isoOf(end.atMs),
  reason: end.reason,
  sign_in_required: end.needsSignIn && !isSignedInSince(signedInAtMs, end),
})

const isoOf = (atMs: number): string => new Date(atMs).toISOString()
