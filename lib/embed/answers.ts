// What pages are answered: exactly the bodies of the Embed SDK's demo server, and nothing of the session
// reference token but its remaining seconds.
// https://github.com/looker-open-source/embed-sdk, server/utils/cookieless_utils.ts
import type { EndReason } from '../store/session-store.ts'

/** All lives are whole seconds from now, and numbers: the Embed SDK refuses texts. */
export type AcquireAnswer = {
  readonly authentication_token: string
  readonly authentication_token_ttl: number
  readonly navigation_token: string
  readonly navigation_token_ttl: number
  readonly api_token: string
  readonly api_token_ttl: number
  readonly session_reference_token_ttl: number
  /** With `store: client` alone: the sealed session, for the page to send back. Opaque. */
  readonly session?: string
}

export type TokensAnswer = {
  readonly navigation_token: string
  readonly navigation_token_ttl: number
  readonly api_token: string
  readonly api_token_ttl: number
  readonly session_reference_token_ttl: number
  /** With `store: client`, when it changed. */
  readonly session?: string
}

/** `session_reference_token_ttl` of 0, alone, says that the session is over. */
export type GenerateAnswer = { readonly session_reference_token_ttl: 0 } | TokensAnswer

export type StateAnswer = {
  /** `none`: there is no session of this user in this browser, or it was long ago. */
  readonly state: 'active' | 'ended' | 'none'
  /** ISO 8601; null unless active. */
  readonly ends_at: string | null
  /** Whole seconds left; 0 unless active. */
  readonly ends_in: number
  /** ISO 8601; null unless ended. */
  readonly ended_at: string | null
  readonly reason: EndReason | null
  /** The next acquire needs a sign-in newer than the end. */
  readonly sign_in_required: boolean
  /** When to warn of the end, and of which; ISO 8601. Null without a session policy, and unless active. */
  readonly warn_at: string | null
  readonly warns: 'end' | 'inactivity' | null
  /** Whether `POST /embed-session/extend` would be taken now, and until when the session would then last. */
  readonly may_extend: boolean
  readonly extends_to: string | null
  /** When it ends unless something is done before; null without a rule for inactivity. */
  readonly idle_ends_at: string | null
  /** The user asked to stay signed in. */
  readonly stays_signed_in: boolean
}

export type EndAnswer = {
  readonly ended: true
  /** False: Looker did not confirm yet. No new tokens are given meanwhile. */
  readonly confirmed: boolean
}
