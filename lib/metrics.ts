// What is measured of each event, for CloudWatch. Pure. How it is written is in log.ts; which alarms look at it is in
// cli/watch. Every metric that a stage sends costs $0.30 a month, so there are few.
import type { BrokerEvent, Layer } from './events.ts'

/** A name that ends in `Ms` has one value an event, and `SampleCount` is their number. Others are sums. */
export type StageMetric =
  | 'ServedFromMemory'
  | 'ServedFromTable'
  | 'ServedByLogin'
  | 'ServedAlone'
  /** Of each login that Looker gave. */
  | 'LoginMs'
  /** Looker gave no login for a reason that is neither the secret nor the user. */
  | 'LoginsFailed'
  /** Looker refuses client id and secret, or there is no secret. */
  | 'CredentialsRefused'
  /** Of each wait for somebody else's login. */
  | 'LeaseWaitMs'
  | 'TokensRenewed'
  | 'RenewalsFailed'
  | 'SessionsStarted'
  | 'SessionsJoined'
  /** Pages that were given their own tokens back. */
  | 'TokensReturned'
  /** Of each answer of Looker. */
  | 'AcquireMs'
  | 'GenerateMs'
  /** Sessions that are over here, and that Looker has not confirmed; once a minute, if there are any. */
  | 'SessionsEnding'
  /** Since when the longest of them waits. */
  | 'OldestEndingSeconds'
  | 'DegradedTable'
  | 'DegradedKeys'
  /** Answers of 400 to 499. */
  | 'RequestsRefused'
  /** Answers of 500 and above. */
  | 'RequestsFailed'
  /** Those of exactly 500: a fault of ours, or of the set-up. */
  | 'InternalErrors'

/** Counted by `stage` and `reason`, the event's own field: a bounded list of words. */
export type ReasonMetric = 'SessionsEnded' | 'LookerErrors'

export type Measures = { readonly [M in StageMetric]?: number }

export type Measured = Measures & { readonly byReason?: ReasonMetric }

const none: Measured = {}

const servedFrom: Readonly<Record<Layer, Measures>> = {
  memory: { ServedFromMemory: 1 },
  table: { ServedFromTable: 1 },
  login: { ServedByLogin: 1 },
  alone: { ServedAlone: 1 },
}

/** A new event does not compile before it says here what is measured of it, or `none`. */
export const measuredOf = (event: BrokerEvent): Measured => {
  switch (event.name) {
    case 'token-served':
      return servedFrom[event.layer]
    case 'login-succeeded':
      return { LoginMs: event.login_ms }
    case 'login-failed':
      return { ...failedLogin(event), byReason: 'LookerErrors' }
    case 'lease-waited':
      return { LeaseWaitMs: event.wait_ms }
    case 'degraded':
      return degraded(event.part)
    case 'token-not-stored':
      return degraded(event.why)
    case 'session-started':
      return { SessionsStarted: 1 }
    case 'session-joined':
      return { SessionsJoined: 1 }
    case 'session-ended':
      return { byReason: 'SessionsEnded' }
    case 'tokens-returned':
      // The limit is one page that asks too often, and no part that is away.
      return event.why === 'limit' ? none : { TokensReturned: 1 }
    case 'looker-answered':
      return answered(event)
    case 'looker-failed':
      return { byReason: 'LookerErrors' }
    case 'sweep-run':
      return {
        SessionsEnding: event.unconfirmed + event.failed + event.left,
        OldestEndingSeconds: event.oldest_s,
      }
    case 'renewal-run':
      return { TokensRenewed: event.renewed, RenewalsFailed: event.failed }
    case 'request-failed':
      return failedRequest(event.status)
    case 'lease-taken':
    case 'late-login-discarded':
    case 'token-refused':
    case 'renewal-limited':
    case 'item-unreadable':
    case 'session-unreadable':
    case 'session-start-failed':
    case 'end-not-confirmed':
    case 'acquires-limited':
    case 'token-revoked':
    case 'revoke-run':
      return none
    default:
      return event satisfies never
  }
}

type EventOf<N extends BrokerEvent['name']> = Extract<BrokerEvent, { readonly name: N }>

/** A user whom Looker does not know is its caller's mistake, and a service token gone stale is replaced. */
const failedLogin = ({ reason }: EventOf<'login-failed'>): Measures => {
  if (reason === 'refused-credentials' || reason === 'secret-missing') {
    return { CredentialsRefused: 1 }
  }
  return reason === 'refused-user' || reason === 'refused-token' ? none : { LoginsFailed: 1 }
}

const degraded = (part: 'table' | 'keys'): Measures =>
  part === 'table' ? { DegradedTable: 1 } : { DegradedKeys: 1 }

const answered = ({ call, answer_ms }: EventOf<'looker-answered'>): Measures => {
  if (call === 'end') return none
  return call === 'acquire' ? { AcquireMs: answer_ms } : { GenerateMs: answer_ms }
}

const failedRequest = (status: number): Measures => {
  if (status < 500) return { RequestsRefused: 1 }
  return status === 500 ? { RequestsFailed: 1, InternalErrors: 1 } : { RequestsFailed: 1 }
}
