import { expect, test } from 'vitest'
import { BrokerError, KeysError, StoreError } from '../../lib/errors.ts'
import { loginError, partError } from '../../lib/tokens/failures.ts'

test.each([
  ['refused-credentials', 'looker-refused-credentials'],
  ['secret-missing', 'secret-missing'],
  ['refused-user', 'looker-refused-user'],
  ['rate-limited', 'looker-rate-limited'],
  ['timeout', 'looker-unavailable'],
  ['server-error', 'looker-unavailable'],
  ['misrouted', 'looker-unavailable'],
  ['a reason of a later version', 'looker-unavailable'],
  ['constructor', 'looker-unavailable'],
])('a login that failed by %s is told as %s', (reason, code) => {
  expect(loginError(reason, 4_000)).toMatchObject({ code, retryAfterMs: 4_000 })
})

test.each([
  [new KeysError('x'), 'keys-unavailable', 5_000],
  [new StoreError('throttled', 'x'), 'table-throttled', 2_000],
  [new StoreError('unavailable', 'x'), 'table-unavailable', 5_000],
  [new StoreError('refused', 'x'), 'misconfigured', undefined],
])('%s is told as %s', (error, code, retryAfterMs) => {
  expect(partError(error)).toMatchObject({ code, retryAfterMs })
})

test('an error that is told already passes through', () => {
  const error = new BrokerError('looker-unavailable', 'x')

  expect(partError(error)).toBe(error)
})
