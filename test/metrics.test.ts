import { describe, expect, it } from 'vitest'
import { measuredOf } from '../lib/metrics.ts'
import type { BrokerEvent } from '../lib/events.ts'
import { lookerFailures, samples } from './watch/every-event.ts'

const of = { user_id: null, workspace: 'production' }
const namesOf = (event: BrokerEvent): readonly string[] =>
  Object.keys(measuredOf(event)).filter((name) => name !== 'byReason')

describe('what is measured of an event', () => {
  it('is these values, and of some nothing', () => {
    const measured = Object.fromEntries(
      Object.entries(samples).map(([name, events]) => [name, measuredOf(events[0] ?? none)]),
    )

    expect(measured).toEqual({
      'token-served': { ServedFromMemory: 1 },
      'lease-taken': {},
      'lease-waited': { LeaseWaitMs: 420 },
      'login-succeeded': { LoginMs: 400 },
      'login-failed': { LoginsFailed: 1, byReason: 'LookerErrors' },
      'late-login-discarded': {},
      'token-not-stored': { DegradedTable: 1 },
      'token-refused': {},
      'renewal-limited': {},
      'item-unreadable': {},
      'session-started': { SessionsStarted: 1 },
      'session-joined': { SessionsJoined: 1 },
      'session-ended': { byReason: 'SessionsEnded' },
      'session-start-failed': {},
      'session-unreadable': {},
      'tokens-returned': { TokensReturned: 1 },
      'end-not-confirmed': {},
      'acquires-limited': {},
      degraded: { DegradedTable: 1 },
      'token-revoked': {},
      'revoke-run': {},
      'looker-answered': { AcquireMs: 120 },
      'looker-failed': { byReason: 'LookerErrors' },
      'sweep-run': { SessionsEnding: 7, OldestEndingSeconds: 1_200 },
      'renewal-run': { TokensRenewed: 3, RenewalsFailed: 2 },
      'request-failed': { RequestsRefused: 1 },
    })
  })

  it('is the layer that a token came from', () => {
    const layers = samples['token-served'].map((event) => [event.layer, ...namesOf(event)])

    expect(layers).toEqual([
      ['memory', 'ServedFromMemory'],
      ['table', 'ServedFromTable'],
      ['login', 'ServedByLogin'],
      ['alone', 'ServedAlone'],
    ])
  })

  it.each(['refused-credentials', 'secret-missing'] as const)(
    'is refused credentials and no failed login when the reason is %s',
    (reason) => {
      const failed = { reason, status: null, count: 1, retry_in_ms: 2, ...of }

      expect(namesOf({ name: 'login-failed', ...failed })).toEqual(['CredentialsRefused'])
    },
  )

  it('is a failed login for every other reason but those of one user or one token', () => {
    const others = lookerFailures.filter((reason) => {
      const failed = { reason, status: null, count: 1, retry_in_ms: 2, ...of }
      return !namesOf({ name: 'login-failed', ...failed }).includes('LoginsFailed')
    })

    expect(others.toSorted()).toEqual(['refused-credentials', 'refused-token', 'refused-user'])
  })

  it('is a degraded part, whether a token could not be found or not be kept', () => {
    const events = [...samples.degraded, ...samples['token-not-stored']]

    expect(events.map(namesOf)).toEqual([
      ['DegradedTable'],
      ['DegradedKeys'],
      ['DegradedTable'],
      ['DegradedKeys'],
    ])
  })

  it('is nothing when one page asks too often for its tokens', () => {
    const silent = samples['tokens-returned'].filter((event) => namesOf(event).length === 0)

    expect(silent.map(({ why }) => why)).toEqual(['limit'])
  })

  it('is the class of the status of an answer that failed', () => {
    const classes = samples['request-failed'].map((event) => [event.status, ...namesOf(event)])

    expect(classes).toEqual([
      [400, 'RequestsRefused'],
      [429, 'RequestsRefused'],
      [500, 'RequestsFailed', 'InternalErrors'],
      [503, 'RequestsFailed'],
    ])
  })

  it('is what Looker takes for acquire and generate, and not for an end', () => {
    expect(samples['looker-answered'].map(namesOf)).toEqual([['AcquireMs'], ['GenerateMs'], []])
  })
})

const none: BrokerEvent = { name: 'lease-taken', generation: 0, taken_over: false, ...of }
