// Embed sessions as the functions ask for them. Two services keep this contract: sessions in the table
// (`store: server`) and sealed with the page (`store: client`).
import type { Secret } from '../secret.ts'
import type { Deadline } from '../time.ts'
import type { AcquireAnswer, EndAnswer, GenerateAnswer, StateAnswer } from './answers.ts'
import type { EmbedCaller } from '../identity/embed-caller.ts'

/** The tokens that a page holds. */
export type PageTokens = { readonly apiToken: Secret; readonly navigationToken: Secret }

/** The sealed session that a page holds; with `store: client` alone. */
export type Held = { readonly session?: Secret | undefined }

/** What a page may ask for when a session starts. */
export type Wishes = {
  /** To stay signed in, where the tenant's policy allows it. */
  readonly staySignedIn?: boolean | undefined
}

/**
 * Errors of every call, all `BrokerError`: those of `GetToken`, `looker-refused-embed`,
 * `looker-unavailable`, `looker-rate-limited`, `table-unavailable`, `table-throttled`, `keys-unavailable`.
 */
export type EmbedService = {
  /** Errors besides: `sign-in-required`, `too-many-requests`, `session-in-progress`. */
  readonly acquire: (
    caller: EmbedCaller,
    held: Held & Wishes,
    deadline: Deadline,
  ) => Promise<AcquireAnswer>
  /** Throws nothing but what is wrong with ourselves (`misconfigured`): the page gets its tokens back. */
  readonly generate: (
    caller: EmbedCaller,
    tokens: PageTokens & Held,
    deadline: Deadline,
  ) => Promise<GenerateAnswer>
  readonly state: (caller: EmbedCaller, held: Held, deadline: Deadline) => Promise<StateAnswer>
  /**
   * Both as the tenant's session policy says. Errors besides: `not-found` without a session or a policy.
   * To extend: `extension-refused` too early and at the limit.
   */
  readonly extend: (caller: EmbedCaller, deadline: Deadline) => Promise<StateAnswer>
  readonly noteActivity: (
    caller: EmbedCaller,
    activity: { readonly idleSeconds: number },
    deadline: Deadline,
  ) => Promise<StateAnswer>
  /**
   * A session that is over, or was never there, is success. Errors besides: `session-in-progress`, when
   * again and again another one is started meanwhile.
   */
  readonly end: (
    caller: EmbedCaller,
    held: Held & { readonly by: 'user' | 'administrator' },
    deadline: Deadline,
  ) => Promise<EndAnswer>
}
