// The whole vocabulary of what the broker reports. The log is one subscriber; tests are another.
// Fields are names, numbers and ids only: no token, secret, body or address.
import type { LookerFailure } from './errors.ts'

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
  | ({ readonly name: 'degraded'; readonly part: 'table' | 'keys' } & Whose)
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

/** One JSON line an event, for CloudWatch Logs. A request's warm answer from memory is not worth a line. */
export const createLogReport =
  (write: (line: string) => void, stage: string): Report =>
  (event) => {
    if (event.name === 'token-served' && event.layer === 'memory') return
    write(JSON.stringify({ stage, ...event }))
  }
