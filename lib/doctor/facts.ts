// What the doctor's function found out, before anything is made of it. Values are names, numbers and
// yes or no; no token, secret or text of a reply but Looker's release and its list of domains.
import type { Tenant } from '../config.ts'
import type { LookerFailure } from '../errors.ts'
import type { EmbedSetup, LookerVersions } from '../looker/examination-replies.ts'

/** What became of a call to Looker. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly failure: LookerFailure
      /** HTTP status, when there was an answer. */
      readonly status: number | undefined
    }

/** Undefined: `works`. Else the word of the system or of KMS for what happened. */
export type KeyUse = { readonly works: true } | { readonly works: false; readonly why: string }

export type SecretStanding =
  | { readonly kind: 'good' | 'missing' | 'does-not-open' | 'malformed' }
  | { readonly kind: 'not-read'; readonly why: string }

/** Whether tokens were given for a session, or it is over. */
export type Life = 'generated' | 'ended'

export type SessionFacts = {
  readonly acquire: Outcome<unknown>
  /** With the browser that acquired. */
  readonly generate?: Outcome<Life>
  /** With the name of another one. */
  readonly otherBrowser?: Outcome<Life>
  /** With the browser that acquired, after the other one asked. */
  readonly afterOtherBrowser?: Outcome<Life>
  /** For the first session, after a second one of the same user was started. */
  readonly firstAfterSecond?: Outcome<Life>
  readonly end?: Outcome<void>
  readonly afterEnd?: Outcome<Life>
}

export type ThrowAwayUser = {
  readonly externalUserId: string
  /** Looker's own id, once it was found. */
  readonly userId: string | undefined
  /** Of finding and removing it; a user that Looker does not have is removed. */
  readonly removed: Outcome<void>
}

/** A fact is absent where what it needs was not to be had. */
export type Facts = {
  readonly tenant: Tenant
  readonly keyUse: KeyUse
  readonly secret?: SecretStanding
  readonly versions: Outcome<LookerVersions>
  /** How far Looker's clock is ahead of the function's. */
  readonly lookerAheadMs?: number | undefined
  readonly login?: Outcome<unknown>
  readonly user?: Outcome<void>
  /** Not asked for tenants that do not embed. */
  readonly setup?: Outcome<EmbedSetup>
  /** Users for whom it was tried to act. */
  readonly users?: readonly { readonly userId: string; readonly outcome: Outcome<void> }[]
  readonly session?: SessionFacts
  readonly throwAway?: ThrowAwayUser
}
