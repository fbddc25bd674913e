import { expect, test } from 'vitest'
import { embedError, reasonOf, sharedError, toldError } from '../../lib/embed/failures.ts'
import { BrokerError, KeysError, LookerError } from '../../lib/errors.ts'
import type { LookerFailure } from '../../lib/errors.ts'

const failed = (failure: LookerFailure, detail = {}) =>
  new LookerError(failure, 'as the test says', detail)

test.each<[LookerFailure, object, string, RegExp, number | undefined]>([
  ['refused-embed', { status: 403 }, 'looker-refused-embed', /Admin > Embed/, undefined],
  ['refused-embed', { status: 404 }, 'looker-refused-embed', /Admin role/, undefined],
  ['refused-embed', { status: 400 }, 'looker-refused-embed', /tenant file/, undefined],
  ['refused-embed', { status: 422 }, 'looker-refused-embed', /time zone/, undefined],
  ['refused-embed', { status: 409 }, 'looker-refused-embed', /Try again/, 1_000],
  ['rate-limited', { status: 429, retryAfterMs: 7_000 }, 'looker-rate-limited', /fewer/, 7_000],
  ['rate-limited', { status: 429 }, 'looker-rate-limited', /fewer/, 2_000],
  ['refused-token', { status: 401 }, 'looker-unavailable', /did not answer/, 2_000],
  ['server-error', { status: 503, retryAfterMs: 9_000 }, 'looker-unavailable', /did not/, 9_000],
  ['unreachable', {}, 'looker-unavailable', /did not answer/, 2_000],
])('%s (%o) is told as %s', (failure, detail, code, message, retryAfterMs) => {
  const error = failed(failure, detail)

  expect(embedError(error)).toMatchObject({
    code,
    message: expect.stringMatching(message),
    retryAfterMs,
  })
  // Whoever waited for it is told the same.
  const shared = sharedError(reasonOf(error), error.retryAfterMs)
  expect(shared).toEqual(embedError(error))
})

test('a failure that nobody knows counts as Looker being away', () => {
  expect(sharedError('of another version', undefined).code).toBe('looker-unavailable')
})

test('what our own parts throw is told, and what is told already stays as it is', () => {
  const told = new BrokerError('sign-in-required', 'told')

  expect(toldError(new KeysError('down'))).toMatchObject({ code: 'keys-unavailable' })
  expect(toldError(failed('timeout'))).toMatchObject({ code: 'looker-unavailable' })
  expect(toldError(told)).toBe(told)
})
