// The whole vocabulary of what the broker reports. The log (log.ts) is one subscriber; tests are another. What is
// measured of each event is in metrics.ts. Fields are names, numbers and ids only: no token, secret, body or address.
import type { ErrorCode, LookerFailure } from './errors.ts'

/** Who an event is about, as far as a log may know. */
export type Whose = {
  readonly user_id: string | null
  readonly workspace: string
}

export const whose = (principal: {
  readonly userId?: string
  readonly workspace: string
}): Whose => ({
  user_id: principal.userId ?? null,
  workspace: principal.workspace,
})

/** Why a session is over. Stable: pages may switch on it. */
export type EndReason =
  /** The page asked for it. */
  | 'signed-out'
  /** The same user started one in another browser, and Looker keeps one session a user. */
  | 'replaced'
  /** The user was given other permissions in another browser. */
  | 'profile-changed'
  /** An administrator, or a backend in its name. */
  | 'administrator'
  /** Looker says that it is over, before the time that was recorded. */
  | 'ended-at-looker'
  /** Its time is over. */
  | 'expired'
  /** Nobody did anything for the time that the tenant allows. */
  | 'inactive'

/** Of an embed session: digests of the user's external id and of the device, 12 characters each. */
export type WhoseSession = { readonly user: string; readonly device: string }

/** From where a token was answered: `alone` is a login of one process that could not share it. */
export type Layer = 'memory' | 'table' | 'login' | 'alone'

export type BrokerEvent =
  | ({ readonly name: 'token-served'; readonly layer: Layer } & Whose)
  | ({
      readonly name: 'lease-taken'
      readonly generation: number
      readonly taken_over: boolean
    } & Whose)
  | ({ readonly name: 'lease-waited'; readonly wait_ms: number } & Whose)
  | ({ readonly name: 'login-succeeded'; readonly login_ms: number } & Whose)
  | ({
      readonly name: 'login-failed'
      readonly reason: LookerFailure | 'secret-missing'
      readonly status: number | null
      readonly count: number
      readonly retry_in_ms: number
    } & Whose)
  | ({ readonly name: 'late-login-discarded'; readonly generation: number } & Whose)
  | ({ readonly name: 'token-not-stored'; readonly why: 'table' | 'keys' } & Whose)
  | ({ readonly name: 'token-refused'; readonly generation: number } & Whose)
  | ({ readonly name: 'renewal-limited'; readonly retry_in_ms: number } & Whose)
  | ({ readonly name: 'item-unreadable'; readonly generation: number } & Whose)
  | ({
      readonly name: 'session-started'
      readonly start_ms: number
      /** What stood there before. */
      readonly after: 'nothing' | 'end' | 'other-browser' | 'other-profile' | 'near-end' | 'lost'
    } & WhoseSession)
  | ({ readonly name: 'session-joined' } & WhoseSession)
  | ({ readonly name: 'session-ended'; readonly reason: EndReason } & WhoseSession)
  | ({
      readonly name: 'session-start-failed'
      readonly reason: LookerFailure
      readonly status: number | null
    } & WhoseSession)
  | ({ readonly name: 'session-unreadable' } & WhoseSession)
  /** The page was given its own tokens back, because no new ones could be had. */
  | ({
      readonly name: 'tokens-returned'
      /** `limit`: this process asked Looker for this record's tokens too often. */
      readonly why: 'looker' | 'table' | 'keys' | 'login' | 'limit'
      /** What a page that can bear an error would have been told. */
      readonly code: ErrorCode
      readonly left_s: number
    } & WhoseSession)
  | ({
      readonly name: 'end-not-confirmed'
      readonly reason: LookerFailure | 'login' | 'keys' | 'unreadable'
    } & WhoseSession)
  | ({ readonly name: 'acquires-limited' } & WhoseSession)
  | ({ readonly name: 'degraded'; readonly part: 'table' | 'keys' } & Whose)
  | ({ readonly name: 'token-revoked'; readonly generation: number } & Whose)
  /** One call of the command that revokes everything, and how far it came. */
  | {
      readonly name: 'revoke-run'
      readonly what: 'sessions' | 'tokens'
      readonly ended: number
      readonly left: number
      readonly lost: number
    }
  /** One attempt of a call for embed sessions, with what Looker took for it. */
  | {
      readonly name: 'looker-answered'
      readonly call: 'acquire' | 'generate' | 'end'
      readonly answer_ms: number
    }
  | {
      readonly name: 'looker-failed'
      readonly call: 'acquire' | 'generate' | 'end'
      readonly reason: LookerFailure
      readonly status: number | null
    }
  | {
      readonly name: 'sweep-run'
      readonly due: number
      readonly ended: number
      readonly unconfirmed: number
      readonly living: number
      readonly failed: number
      readonly left: number
      /** Since when the longest due session waits for its end to be confirmed; 0 when none does. */
      readonly oldest_s: number
    }
  | {
      readonly name: 'renewal-run'
      readonly due: number
      readonly renewed: number
      readonly dropped: number
      readonly failed: number
      readonly left: number
    }
  | {
      readonly name: 'request-failed'
      readonly function: string
      readonly request_id: string
      readonly status: number
      readonly code: string
      /** Who asked for what, where it was refused. */
      readonly about?: Readonly<Record<string, string>>
      readonly error: string
    }

export type Report = (event: BrokerEvent) => void
