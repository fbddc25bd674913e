// One acquire in progress: what it works with, and what its steps share.
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { EmbedSessionRequest } from '../looker/embed-client.ts'
import type { SessionItem } from '../store/session-store.ts'
import type { ItemKey } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import type { LeaseWatch } from '../tokens/lease-watch.ts'
import type { AcquireAnswer } from './answers.ts'
import type { Terms } from './decide.ts'
import type { LookerCalls } from './looker-calls.ts'
import type { EmbedParts } from './parts.ts'
import type { SessionReader } from './reader.ts'
import type { Wishes } from './service.ts'
import type { SessionRecord } from './session-record.ts'
import { sessionLengthOf } from './under-policy.ts'

export type Tools = EmbedParts & { readonly calls: LookerCalls; readonly read: SessionReader }

export type Search = {
  readonly key: ItemKey
  readonly caller: EmbedCaller
  readonly terms: Terms
  readonly wishes: Wishes
  readonly deadline: Deadline
  readonly watch: LeaseWatch
  /** What was learned on the way. */
  readonly learned: {
    /** The start that was waited for last. */
    waitedFor?: number
    /** Generation of the record with which Looker lets nobody join. */
    useless?: number
    /** A join was a start, and another's was published first. */
    hasLost?: boolean
  }
}

/** What a round ends with: the answer, or the item to look at next. */
export type Step =
  | { readonly answer: AcquireAnswer }
  | { readonly item: SessionItem | undefined; readonly raceMs?: number }

/** Whoever cannot be told from another browser of the user cannot stay in this one. */
export const staysOf = ({ visitor, page }: EmbedCaller, { staySignedIn }: Wishes): boolean =>
  staySignedIn === true && (visitor.deviceClaim !== undefined || page.deviceKey !== undefined)

/**
 * Without a reference: a start. A join needs the whole user too, for if it turns out to be a start. `before`: what
 * stands in the place of which it would be one.
 */
export const startRequestOf = (
  { policy, clock }: Pick<EmbedParts, 'policy' | 'clock'>,
  { caller, wishes }: Pick<Search, 'caller' | 'wishes'>,
  before: SessionRecord | undefined,
): EmbedSessionRequest => ({
  user: caller.visitor.user,
  embedDomain: caller.page.embedDomain,
  sessionLengthSeconds: sessionLengthOf(policy, {
    stays: staysOf(caller, wishes),
    usualSeconds: caller.visitor.sessionLengthSeconds,
    signedInAtMs: caller.visitor.signedInAtMs,
    before,
    nowAtMs: clock.now(),
  }),
  userAgent: caller.page.userAgent,
})
