import { describe, expect, it } from 'vitest'
import { parseTenant } from '../../lib/config.ts'
import { longestSessionSeconds } from '../../lib/config/longest-session.ts'

const longest = (embed: object): number => {
  const { embed: settings } = parseTenant(
    {
      looker: { base_url: 'https://looker.example.com', client_id: 'client' },
      origins: ['https://app.example.com'],
      identity: { jwt: { issuer: 'https://issuer.example.com', audience: ['broker'] } },
      embed,
    },
    { allowLoopback: false },
  )
  return settings ? longestSessionSeconds(settings) : 0
}

const user = (session_length?: unknown) => ({
  external_user_id: { claim: 'sub' },
  ...(session_length === undefined ? {} : { session_length }),
})

describe('the longest session of a tenant', () => {
  it.each([
    ['by default half a day', { user: user() }, 43_200],
    ['the length of the user', { user: user(600) }, 600],
    [
      'that of the role with the longest',
      { user: user(600), roles: { claim: 'role', values: { a: { session_length: 900 }, b: {} } } },
      900,
    ],
    ['as Looker allows, if a claim says it', { user: user({ claim: 'length' }) }, 2_592_000],
    ['30 days, if users may stay signed in', { user: user(), session_policy: {} }, 2_592_000],
    [
      'the lifetime of the policy',
      { user: user(), session_policy: { persistent_sessions: false, max_lifetime: 7_200 } },
      7_200,
    ],
    [
      'half a day by the policy, if nobody may stay signed in',
      { user: user(), session_policy: { persistent_sessions: false } },
      43_200,
    ],
    [
      'the duration, where pages keep their sessions',
      { store: 'client', user: user(), session_policy: { session_duration: 1_200 } },
      1_200,
    ],
  ])('is %s', (_, embed, seconds) => {
    expect(longest(embed)).toBe(seconds)
  })
})
