// Who asks for an embed session, as far as it was verified. Made at the rim: by lib/identity from claims
// and the tenant file, by lib/http from the request. Nothing of it comes from a body.
import type { EmbedUser } from '../looker/embed-client.ts'
import type { Secret } from '../secret.ts'

/** Of verified claims. */
export type Visitor = {
  readonly user: EmbedUser
  readonly sessionLengthSeconds: number
  /** `iat`, as epoch milliseconds; undefined when the claims do not say: then they count as fresh. */
  readonly issuedAtMs: number | undefined
  /** When the user signed in, epoch milliseconds; undefined when the claims do not say. */
  readonly signedInAtMs: number | undefined
  /** Value of the configured device claim. */
  readonly deviceClaim: string | undefined
  /** Origins on which this user may embed; undefined: any of the tenant's. */
  readonly domains: readonly string[] | undefined
}

/** Of the request's headers. */
export type PageRequest = {
  /** The browser's, visible ASCII, at most 1,024 characters. */
  readonly userAgent: string
  /** Origin of the embedding page, one of the tenant's. */
  readonly embedDomain: string
  /** 128 random bits of this browser. */
  readonly deviceKey: Secret | undefined
  /** Where the request came from; only where the tenant records it. */
  readonly location?: { readonly address?: string; readonly place?: string }
}

export type EmbedCaller = { readonly visitor: Visitor; readonly page: PageRequest }
