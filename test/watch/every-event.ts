// An event of every name, and of every word that decides what is measured.
import type { BrokerEvent, EndReason, Layer } from '../../lib/events.ts'
import type { LookerFailure } from '../../lib/errors.ts'

const of = { user_id: null, workspace: 'production' }
const whose = { user: 'abcdef012345', device: '543210fedcba' }

/** Records of words under themselves, so that the compiler asks for those that are missing. */
type Words<Word extends string> = { readonly [W in Word]: W }

export const lookerFailures = Object.values<LookerFailure>({
  unreachable: 'unreachable',
  timeout: 'timeout',
  'rate-limited': 'rate-limited',
  'server-error': 'server-error',
  'refused-credentials': 'refused-credentials',
  'refused-user': 'refused-user',
  'refused-token': 'refused-token',
  'refused-embed': 'refused-embed',
  'refused-tokens': 'refused-tokens',
  misrouted: 'misrouted',
  'invalid-reply': 'invalid-reply',
  'workspace-not-confirmed': 'workspace-not-confirmed',
} satisfies Words<LookerFailure>)

export const endReasons = Object.values<EndReason>({
  'signed-out': 'signed-out',
  replaced: 'replaced',
  'profile-changed': 'profile-changed',
  administrator: 'administrator',
  'ended-at-looker': 'ended-at-looker',
  expired: 'expired',
  inactive: 'inactive',
} satisfies Words<EndReason>)

export const layers = Object.values<Layer>({
  memory: 'memory',
  table: 'table',
  login: 'login',
  alone: 'alone',
} satisfies Words<Layer>)

type Samples = {
  readonly [N in BrokerEvent['name']]: readonly Extract<BrokerEvent, { readonly name: N }>[]
}

const failed = { function: 'f', request_id: 'r', code: 'internal', error: 'e' }
const login = { status: 500, count: 1, retry_in_ms: 2_000 }

export const samples: Samples = {
  'token-served': layers.map((layer) => ({ name: 'token-served', layer, ...of })),
  'lease-taken': [{ name: 'lease-taken', generation: 1, taken_over: false, ...of }],
  'lease-waited': [{ name: 'lease-waited', wait_ms: 420, ...of }],
  'login-succeeded': [{ name: 'login-succeeded', login_ms: 400, ...of }],
  'login-failed': [
    ...lookerFailures.map((reason) => ({ name: 'login-failed', reason, ...login, ...of }) as const),
    { name: 'login-failed', reason: 'secret-missing', ...login, ...of },
  ],
  'late-login-discarded': [{ name: 'late-login-discarded', generation: 1, ...of }],
  'token-not-stored': [
    { name: 'token-not-stored', why: 'table', ...of },
    { name: 'token-not-stored', why: 'keys', ...of },
  ],
  'token-refused': [{ name: 'token-refused', generation: 1, ...of }],
  'renewal-limited': [{ name: 'renewal-limited', retry_in_ms: 30_000, ...of }],
  'item-unreadable': [{ name: 'item-unreadable', generation: 1, ...of }],
  'session-started': [{ name: 'session-started', start_ms: 300, after: 'nothing', ...whose }],
  'session-joined': [{ name: 'session-joined', ...whose }],
  'session-ended': endReasons.map((reason) => ({ name: 'session-ended', reason, ...whose })),
  'session-start-failed': [
    { name: 'session-start-failed', reason: 'timeout', status: null, ...whose },
  ],
  'session-unreadable': [{ name: 'session-unreadable', ...whose }],
  'tokens-returned': (['looker', 'table', 'keys', 'login', 'limit'] as const).map((why) => ({
    name: 'tokens-returned',
    why,
    code: 'looker-unavailable',
    left_s: 30,
    ...whose,
  })),
  'end-not-confirmed': [{ name: 'end-not-confirmed', reason: 'login', ...whose }],
  'acquires-limited': [{ name: 'acquires-limited', ...whose }],
  degraded: [
    { name: 'degraded', part: 'table', ...of },
    { name: 'degraded', part: 'keys', ...of },
  ],
  'token-revoked': [{ name: 'token-revoked', generation: 1, ...of }],
  'revoke-run': [{ name: 'revoke-run', what: 'tokens', ended: 1, left: 0, lost: 0 }],
  'looker-answered': (['acquire', 'generate', 'end'] as const).map((call) => ({
    name: 'looker-answered',
    call,
    answer_ms: 120,
  })),
  'looker-failed': [{ name: 'looker-failed', call: 'generate', reason: 'timeout', status: null }],
  'sweep-run': [
    {
      name: 'sweep-run',
      due: 9,
      ended: 1,
      unconfirmed: 2,
      living: 1,
      failed: 3,
      left: 2,
      oldest_s: 1_200,
    },
  ],
  'renewal-run': [{ name: 'renewal-run', due: 6, renewed: 3, dropped: 1, failed: 2, left: 0 }],
  'request-failed': [400, 429, 500, 503].map((status) => ({
    name: 'request-failed',
    status,
    ...failed,
  })),
}

export const everyEvent: readonly BrokerEvent[] = Object.values(samples).flat()
