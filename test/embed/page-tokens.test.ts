// What follows from the tokens that a page holds.
import { describe, expect, it } from 'vitest'
import { clipped, isSessionOf, returnedTokens, secondsLeft } from '../../lib/embed/page-tokens.ts'
import { Secret } from '../../lib/secret.ts'
import { pageCaller, pageRecord, pageToken } from './page-samples.ts'

const opaque = new Secret('opaque')
const of = (sub: string) => pageToken({ sub })

describe('the session that a page shows', () => {
  it.each([
    { tokens: [of('s1'), of('s1')], known: 's1', same: true },
    { tokens: [of('s2'), of('s2')], known: 's1', same: false },
    { tokens: [of('s1'), of('s2')], known: 's1', same: false },
    { tokens: [of('s2'), of('s1')], known: 's1', same: false },
    { tokens: [opaque, of('s1')], known: 's1', same: false },
    { tokens: [opaque, opaque], known: 's1', same: false },
    { tokens: [of('s2'), opaque], known: undefined, same: true },
    { tokens: [of('s2'), of('s2')], known: undefined, same: true },
  ])('row %#: is $same for a record of $known', ({ tokens, known, same }) => {
    const [apiToken = opaque, navigationToken = opaque] = tokens
    const record = pageRecord({ sessionId: known })
    expect(isSessionOf(record, pageCaller(), { apiToken, navigationToken })).toBe(same)
  })

  it('is of this browser', () => {
    const tokens = { apiToken: of('s1'), navigationToken: of('s1') }
    const other = pageCaller({ page: { userAgent: 'Browser/2' } })
    expect(isSessionOf(pageRecord(), other, tokens)).toBe(false)
  })
})

describe('lives', () => {
  it.each([
    { expiresAtMs: 10_999, nowAtMs: 0, seconds: 10 },
    { expiresAtMs: 10_999, nowAtMs: 10_000, seconds: 0 },
    { expiresAtMs: 10_999, nowAtMs: 99_000, seconds: 0 },
  ])('of a session: $seconds s at $nowAtMs', ({ expiresAtMs, nowAtMs, seconds }) => {
    expect(secondsLeft(pageRecord({ expiresAtMs }), nowAtMs)).toBe(seconds)
  })

  it.each([
    { seconds: 600, record: 1_000, told: 600 },
    { seconds: 600, record: 100, told: 100 },
    { seconds: 99.9, record: 1_000, told: 99 },
    { seconds: -5, record: 1_000, told: 1 },
    { seconds: 600, record: 0, told: 1 },
  ])('$seconds s in a session of $record s are told as $told', ({ seconds, record, told }) => {
    expect(clipped(seconds, record)).toBe(told)
  })
})

const tokens = (navigation: object, api: object) => ({
  navigationToken: pageToken(navigation, 'navigation'),
  apiToken: pageToken(api, 'api'),
})

const lives = (answer: ReturnType<typeof returnedTokens>) => [
  answer.navigation_token_ttl,
  answer.api_token_ttl,
  answer.session_reference_token_ttl,
]

describe('tokens given back', () => {
  it.each([
    { navigation: { exp: 300 }, api: { exp: 200 }, endMs: undefined, told: [200, 100, 200] },
    { navigation: { exp: 300 }, api: { exp: 200 }, endMs: 5_100_000, told: [200, 100, 5_000] },
    { navigation: { exp: 300 }, api: { exp: 200 }, endMs: 150_000, told: [50, 50, 50] },
    { navigation: { exp: 300 }, api: { exp: 50 }, endMs: undefined, told: [200, 1, 200] },
    { navigation: { exp: 9_999 }, api: { exp: 9_999 }, endMs: undefined, told: [600, 600, 600] },
    { navigation: { exp: 9_999 }, api: { exp: 1 }, endMs: 5_100_000, told: [600, 1, 5_000] },
    { navigation: {}, api: { exp: 'x' }, endMs: undefined, told: [1, 1, 1] },
  ])('row %#: live $told', ({ navigation, api, endMs, told }) => {
    const record = endMs === undefined ? undefined : pageRecord({ expiresAtMs: endMs })
    expect(lives(returnedTokens(tokens(navigation, api), record, 100_000))).toEqual(told)
  })

  it("are the page's own", () => {
    const own = tokens({}, {})
    expect(returnedTokens(own, undefined, 0)).toMatchObject({
      navigation_token: own.navigationToken.reveal(),
      api_token: own.apiToken.reveal(),
    })
  })
})
