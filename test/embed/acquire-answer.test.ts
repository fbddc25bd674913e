import { expect, test } from 'vitest'
import { acquireAnswerOf } from '../../lib/embed/acquire-answer.ts'
import { Secret } from '../../lib/secret.ts'

const tokenOf = (name: string, ttlSeconds: number) => ({ token: new Secret(name), ttlSeconds })
const session = {
  authentication: tokenOf('authentication', 30),
  navigation: tokenOf('navigation', 600),
  api: tokenOf('api', 600),
  reference: tokenOf('reference', 3_600),
  unverifiedSessionId: 'session',
}

test.each([
  [3_600_999, [30, 600, 600, 3_600]],
  [599_999, [30, 599, 599, 599]],
  [20_000, [20, 20, 20, 20]],
  [999, [1, 1, 1, 1]],
  [-5_000, [1, 1, 1, 1]],
])('no life is longer than the %i ms that are left, and none is 0', (leftMs, lives) => {
  const answer = acquireAnswerOf(session, { expiresAtMs: 1_000 + leftMs }, 1_000)

  expect([
    answer.authentication_token_ttl,
    answer.navigation_token_ttl,
    answer.api_token_ttl,
    answer.session_reference_token_ttl,
  ]).toEqual(lives)
  expect(JSON.stringify(answer)).not.toMatch(/"reference"/)
})
