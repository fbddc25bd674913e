import { describe, expect, it } from 'vitest'
import { deviceWords } from '../../pages/sessions/device-words.ts'
import { troubleOf } from '../../pages/sessions/problem-words.ts'
import { agoWords, lengthWords, sinceWords } from '../../pages/sessions/time-words.ts'

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
const linux = 'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0'
const iPad =
  'Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1'

describe('a device in words', () => {
  it.each([
    [`${windows} Chrome/140.0.0.0 Safari/537.36`, 'Chrome 140 on Windows'],
    [`${windows} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, 'Microsoft Edge 140 on Windows'],
    [linux, 'Firefox 143 on Linux'],
    [iPad, 'Safari 17 on iOS, tablet'],
    [null, 'Unknown'],
    ['', 'Unknown'],
    ['   ', 'Unknown'],
  ])('%s is told as %s', (userAgent, words) => {
    expect(deviceWords(userAgent)).toBe(words)
  })

  it.each(['<img src=x onerror=alert(1)>', 'a'.repeat(2_000), '((((/', '\u0000'])(
    'is told of any text without failing: %s',
    (userAgent) => {
      expect(deviceWords(userAgent)).not.toBe('')
    },
  )
})

describe('a length of time in words', () => {
  it.each([
    [-5, '0 s'],
    [0, '0 s'],
    [0.9, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [123, '2 min 3 s'],
    [3_599, '59 min 59 s'],
    [3_600, '1 h'],
    [3_659, '1 h'],
    [3_900, '1 h 5 min'],
    [86_400, '1 d'],
    [2_591_999, '29 d 23 h'],
  ])('%d seconds are %s', (seconds, words) => {
    expect(lengthWords(seconds)).toBe(words)
  })

  it.each([
    [-30, 'just now'],
    [9.9, 'just now'],
    [10, '10 s ago'],
    [185, '3 min ago'],
    [7_300, '2 h ago'],
  ])('%d seconds ago is %s', (seconds, words) => {
    expect(agoWords(seconds)).toBe(words)
  })
})

describe('a time since when', () => {
  const now = new Date(2026, 10, 21, 13, 5)

  it('of today is told by its time alone', () => {
    expect(sinceWords(new Date(2026, 10, 21, 8, 30), now)).toMatch(/^today, \D*8:30\D*$/)
  })

  it.each([
    ['of the evening before', new Date(2026, 10, 20, 23, 59), /20.*59/],
    ['of a year before', new Date(2025, 10, 21, 13, 5), /2025.*05/],
  ])('%s is told with its day', (_, at, expected) => {
    expect(sinceWords(at, now)).toMatch(expected)
    expect(sinceWords(at, now)).not.toContain('today')
  })
})

describe('what went wrong', () => {
  const refusal = { code: undefined, detail: undefined, requestId: undefined }

  it.each([
    [{ status: 400, code: 'invalid-request', detail: 'It is none.' }, 'It is none.', 'first-page'],
    [{ status: 401, code: 'unauthenticated' }, 'Sign in again', 'sign-in'],
    [{ status: 403, code: 'forbidden' }, 'may not see sessions', 'sign-in'],
    [{ status: 403 }, 'may not see sessions', 'sign-in'],
    [{ status: 403, code: 'origin-not-allowed' }, 'admin.origins', 'retry'],
    [{ status: 404, code: 'not-found' }, 'section admin', 'retry'],
    [{ status: 404 }, 'section admin', 'retry'],
    [{ status: 429 }, 'Wait a moment', 'retry'],
    [{ status: 500, code: 'internal', requestId: 'r-1' }, 'request r-1', 'retry'],
    [{ status: 502 }, 'The API failed (502).', 'retry'],
    [
      { status: 503, code: 'table-throttled', detail: 'The table is busy.' },
      'The table is busy.',
      'retry',
    ],
  ])('is told with what to do about it: %j', (given, words, remedy) => {
    const trouble = troubleOf({ ...refusal, ...given })

    expect(trouble.text).toContain(words)
    expect(trouble.remedy).toBe(remedy)
  })
})
