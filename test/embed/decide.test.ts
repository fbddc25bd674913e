import { describe, expect, test } from 'vitest'
import { decide } from '../../lib/embed/decide.ts'
import type { Circumstances, Terms, View } from '../../lib/embed/decide.ts'
import type { SessionRecord } from '../../lib/embed/session-record.ts'
import { Secret } from '../../lib/secret.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'

const nowAtMs = 1_000_000
const terms: Terms = {
  userAgentDigest: 'agent',
  profileDigest: 'profile',
  claimsAtMs: 900_000,
  signedInAtMs: 800_000,
}
const now: Circumstances = { nowAtMs, sessionsPerUser: 'one', leaseOver: true, mayStart: true }
const many: Circumstances = { ...now, sessionsPerUser: 'many' }
const record: SessionRecord = {
  reference: new Secret('reference'),
  sessionId: 'session',
  userAgentDigest: 'agent',
  profileDigest: 'profile',
  claimsAtMs: 900_000,
  startedAtMs: 900_000,
  lookerEndsAtMs: nowAtMs + 60_000,
  expiresAtMs: nowAtMs + 60_000,
}
const endingIn = (ms: number) => ({ lookerEndsAtMs: nowAtMs + ms, expiresAtMs: nowAtMs + ms })
const item: SessionItem = {
  key: { partition: 'embed-session#looker#ann', sort: 'device#1' },
  generation: 7,
  sealed: { frame: new Uint8Array(), generation: 7 },
  sessionId: 'session',
  claimsAtMs: 900_000,
  ttlEpochSeconds: 0,
}
const lease = { owner: 'another', untilAtMs: nowAtMs + 5_000, lengthMs: 5_500 }
const ended = { atMs: 850_000, reason: 'administrator', needsSignIn: true } as const
const failure = { generation: 7, reason: 'server-error' }

const { sealed: _sealed, ...bare } = item
const gone: View = { item: bare, record: undefined }
/** Once Looker confirmed the end. */
const leftOf = (profileDigest: string, changes: Partial<SessionItem> = {}): View => ({
  item: { ...bare, ...changes, profileDigest },
  record: undefined,
})
const of = (changes: Partial<SessionItem>, inside: Partial<SessionRecord> = {}): View => ({
  item: { ...item, ...changes },
  record: { ...record, ...inside },
})
const other = of({}, { profileDigest: 'other' })
const older = { ...terms, claimsAtMs: 899_999 }
const busy = { ...now, leaseOver: false }

const join = { act: 'join' }
const wait = { act: 'wait' }
const signIn = { act: 'refuse', why: 'sign-in-required' }
const start = (after: string) => ({ act: 'start', after })

describe('an acquire', () => {
  test.each<[string, View, Terms, Circumstances, object]>([
    ['finds nothing', { item: undefined, record: undefined }, terms, now, start('nothing')],
    [
      'finds a record that does not open',
      { item, record: undefined },
      terms,
      now,
      start('nothing'),
    ],
    ['finds its session', of({}), terms, now, join],
    ['finds it during another start', of({ lease }), terms, busy, join],
    ['finds it with just enough left', of({}, endingIn(30_001)), terms, now, join],
    ['finds it near its end', of({}, endingIn(30_000)), terms, now, start('near-end')],
    ['finds it over', of({}, endingIn(0)), terms, now, start('end')],
    ['has another browser', of({}, { userAgentDigest: 'x' }), terms, now, start('other-browser')],
    ['has another profile', other, terms, now, start('other-profile')],
    [
      'has claims that do not say',
      other,
      { ...terms, claimsAtMs: undefined },
      now,
      start('other-profile'),
    ],
    ['knows it to be of no use', of({}), terms, { ...now, useless: 7 }, start('lost')],
    ['knows an earlier one of no use', of({}), terms, { ...now, useless: 6 }, join],
    ['has older claims of this profile', of({}), older, now, join],
    ['has older claims, another profile', other, older, now, join],
    ['has them where others of its user may live', other, older, many, signIn],
    ['has older claims of this profile where others may live', of({}), older, many, join],
    [
      'has them in another browser',
      of({}, { profileDigest: 'x', userAgentDigest: 'x' }),
      older,
      now,
      signIn,
    ],
    ['has them after the end', of({}, { profileDigest: 'x', expiresAtMs: 1 }), older, now, signIn],
    [
      'has them after a sign-out',
      of({ ended: { ...ended, needsSignIn: false } }, { profileDigest: 'x' }),
      older,
      now,
      signIn,
    ],
    ['has older claims, and the record is gone', gone, older, now, signIn],
    [
      'has them of the profile that is known of it',
      leftOf('profile'),
      older,
      now,
      start('nothing'),
    ],
    ['has them of another profile than that', leftOf('other'), older, now, signIn],
    [
      'has them after an end that Looker confirmed',
      leftOf('profile', { ended: { ...ended, needsSignIn: false } }),
      older,
      now,
      start('end'),
    ],
    [
      'has them, and the sealed profile is another than the plain one',
      of({ profileDigest: 'profile' }, { profileDigest: 'other', expiresAtMs: 1 }),
      older,
      now,
      signIn,
    ],
    [
      'has them, and the plain profile is another than the sealed one',
      of({ profileDigest: 'other' }, { expiresAtMs: 1 }),
      older,
      now,
      start('end'),
    ],
    [
      'has them, and the record does not open, whatever profile is plain',
      { item: { ...item, profileDigest: 'profile' }, record: undefined },
      older,
      now,
      signIn,
    ],
    [
      'has older claims than the item alone says',
      of({ claimsAtMs: 900_001 }, { profileDigest: 'x', expiresAtMs: 1 }),
      terms,
      now,
      signIn,
    ],
    ['comes after an end that needs a sign-in', of({ ended }), terms, now, signIn],
    ['signed in as it ended', of({ ended }), { ...terms, signedInAtMs: 850_000 }, now, signIn],
    [
      'does not know when it signed in',
      of({ ended }),
      { ...terms, signedInAtMs: undefined },
      now,
      signIn,
    ],
    [
      'signed in after it ended',
      of({ ended }),
      { ...terms, signedInAtMs: 850_001 },
      now,
      start('end'),
    ],
    [
      'comes after a sign-out',
      of({ ended: { ...ended, needsSignIn: false } }),
      terms,
      now,
      start('end'),
    ],
    ['finds another start', { item: { ...bare, lease }, record: undefined }, terms, busy, wait],
    [
      'finds another start of another profile',
      { ...other, item: { ...item, lease } },
      terms,
      busy,
      wait,
    ],
    [
      'finds one that stalled',
      { item: { ...bare, lease }, record: undefined },
      terms,
      now,
      start('nothing'),
    ],
  ])('that %s', (_, view, asking, circumstances, expected) => {
    expect(decide(view, asking, circumstances)).toMatchObject(expected)
  })
})

const failed = (changes: object = {}): View => ({
  item: { ...bare, failure: { ...failure, ...changes } },
  record: undefined,
})

describe('a start', () => {
  const refused = { act: 'refuse', why: 'failed' }

  test.each<[string, View, Circumstances, object]>([
    [
      'without the time for it',
      gone,
      { ...now, mayStart: false },
      { act: 'refuse', why: 'no-time' },
    ],
    ['after the failure it waited for', failed(), { ...now, waitedFor: 7 }, refused],
    ['after a failure it did not wait for', failed(), now, start('nothing')],
    ['after an earlier failure', failed(), { ...now, waitedFor: 8 }, start('nothing')],
    ['before Looker asks to come again', failed({ retryAtMs: nowAtMs + 60_000 }), now, refused],
    ['when Looker asks to come again', failed({ retryAtMs: nowAtMs }), now, start('nothing')],
    [
      'before a time never written',
      failed({ retryAtMs: nowAtMs + 120_001 }),
      now,
      start('nothing'),
    ],
  ])('%s', (_, view, circumstances, expected) => {
    const decision = decide(view, { ...terms, claimsAtMs: undefined }, circumstances)

    expect(decision).toMatchObject(expected)
  })
})
