// The tenant file's sections `identity` and `embed`, as types. Keys are snake_case as in the file.
import type { SessionPolicySettings } from './session-policy.ts'

/** A value for everybody, or the value of a claim; `default` where a user has no such claim. */
export type OrClaim<T> = T | FromClaim<T>
export type FromClaim<T> = { readonly claim: string; readonly default?: T }

/** What a Looker user attribute may hold. */
export type AttributeValue = string | number | boolean | readonly string[]

/** Exactly one of `jwt` and `lambda`: a route has one authorizer. */
export type IdentitySettings = {
  /** JWT authorizer of the HTTP API. Https; loopback for the stage `local` alone. */
  readonly jwt: { readonly issuer: string; readonly audience: readonly string[] } | null
  /** A Lambda authorizer (payload 2.0, simple answer) of the tenant's own; its context is the claims. */
  readonly lambda: {
    readonly function_arn: string
    /** As `$request.header.Cookie`. A request without one of them is refused unasked. Default none. */
    readonly identity_sources: readonly string[]
    /** 0 to 3600; default 0, no caching. Needs identity sources. */
    readonly cache_seconds: number
  } | null
  /** When the user last signed in, epoch seconds. Null: `auth_time`. Without the claim `iat` counts. */
  readonly signed_in_at_claim: string | null
  /** A claim that is another in each browser, as `sid`. Null: the page's device key, else the user agent. */
  readonly device_claim: string | null
}

/** Fields of `EmbedCookielessSessionAcquire`; one left out keeps Looker's default. */
export type ProfileSettings = {
  readonly first_name?: OrClaim<string | null>
  readonly last_name?: OrClaim<string | null>
  readonly user_timezone?: OrClaim<string | null>
  readonly permissions?: OrClaim<readonly string[]>
  readonly models?: OrClaim<readonly string[]>
  readonly group_ids?: OrClaim<readonly string[]>
  readonly external_group_id?: OrClaim<string | null>
  readonly user_attributes?: Readonly<Record<string, OrClaim<AttributeValue>>>
  readonly force_logout_login?: OrClaim<boolean>
  /** Seconds, 300 to 2,592,000. Looker's own default is 300, and nothing extends a session. */
  readonly session_length?: OrClaim<number>
}

/** What every user has. */
export type UserSettings = ProfileSettings & {
  readonly external_user_id: OrClaim<string>
  /** Default 43,200. */
  readonly session_length: OrClaim<number>
}

export type RoleSettings = {
  /** The claim that names the user's role. */
  readonly claim: string
  /** The claim is a list, and all roles named in it count. Default false: one value. */
  readonly list: boolean
  /** What a role adds to `user`, or puts in its place; user attributes are merged. */
  readonly values: Readonly<Record<string, ProfileSettings>>
  /** For users whose claim is missing or names no role here. Null: they are refused. */
  readonly default: string | null
}

export type EmbedSettings = {
  /** Where the session reference token is kept: sealed in the table, or sealed with the page. */
  readonly store: 'server' | 'client'
  /** Whether Looker ends the sessions of a user when another is started. Default one. */
  readonly sessions_per_user: 'one' | 'many'
  /** Of a page that shares its origin with the broker: its browser may send no `Origin`. */
  readonly domain: string | null
  /** A claim that names the origins (one or a list) on which this user may embed. Null: any of `origins`. */
  readonly domain_claim: string | null
  /** Whether whoever may invoke the direct functions may have sessions for the claims it names. Default false. */
  readonly direct: boolean
  /** Null: no policy; a session lives as long as `session_length` says. */
  readonly session_policy: SessionPolicySettings | null
  readonly user: UserSettings
  readonly roles: RoleSettings | null
}
