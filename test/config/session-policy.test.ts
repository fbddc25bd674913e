// The section `embed.session_policy`: ranges, defaults that depend on other keys, and where mistakes are pointed at.
import { describe, expect, it } from 'vitest'
import { TenantError, parseTenant } from '../../lib/config.ts'
import type { TenantProblem } from '../../lib/config.ts'

const jwt = { issuer: 'https://login.acme.example/', audience: ['a'] }
const user = { external_user_id: { claim: 'sub' } }

const fileOf = (embed: object) => ({
  looker: { base_url: 'https://acme.cloud.looker.com', client_id: 'client' },
  origins: ['https://a.example'],
  identity: { jwt },
  embed: { user, ...embed },
})
const parsed = (embed: object) => parseTenant(fileOf(embed), { allowLoopback: false }).embed
const policyOf = (session_policy: unknown, embed: object = {}) =>
  parsed({ ...embed, session_policy })?.session_policy

const problemsOf = (embed: object): readonly TenantProblem[] => {
  try {
    parsed(embed)
  } catch (error) {
    if (error instanceof TenantError) return error.problems
    throw error
  }
  return []
}
const pathsOf = (session_policy: unknown, embed: object = {}) =>
  problemsOf({ ...embed, session_policy }).map(({ path }) =>
    path.replace('embed.session_policy.', ''),
  )

const defaults = {
  session_duration: 1_800,
  max_lifetime: 43_200,
  stay_lifetime: 2_592_000,
  persistent_sessions: true,
  inactivity_logout: false,
  concurrent_sessions: true,
  session_location: false,
  edge: null,
}

describe('a session policy', () => {
  it.each([{}, { session_policy: null }])('is none with %j', (embed) => {
    const { session_policy, user: every } = parsed(embed) ?? {}

    expect(session_policy).toBeNull()
    expect(every?.session_length).toBe(43_200)
  })

  it('has every default when it is empty', () => {
    const policy = policyOf({})

    expect(policy).toEqual(defaults)
  })

  it('keeps every key as it is written', () => {
    const written = {
      session_duration: 600,
      max_lifetime: 7_200,
      persistent_sessions: false,
      inactivity_logout: false,
      concurrent_sessions: false,
      session_location: true,
      edge: 'cloudfront',
    }

    expect(policyOf(written)).toEqual({ ...written, stay_lifetime: 7_200 })
  })

  it.each([
    [{ session_duration: 43_200 }, 43_200, 2_592_000],
    [{ session_duration: 43_201 }, 43_201, 2_592_000],
    [{ session_duration: 2_592_000 }, 2_592_000, 2_592_000],
    [{ inactivity_logout: true }, 86_400, 2_592_000],
    [{ inactivity_logout: true, session_duration: 900 }, 43_200, 2_592_000],
    [{ max_lifetime: 1_800 }, 1_800, 1_800],
    [{ max_lifetime: 604_800 }, 604_800, 604_800],
  ])('of %j lasts %i s at most, and %i s for who stays', (written, lifetime, stay) => {
    const policy = policyOf(written)

    expect(policy).toMatchObject({ max_lifetime: lifetime, stay_lifetime: stay })
  })

  it.each([
    [undefined, 86_400],
    [null, 86_400],
    [300, 86_400],
    [899, 86_400],
    [900, 900],
    [86_400, 86_400],
    [86_401, 86_400],
    [2_592_000, 86_400],
  ])('with inactivity logout and a duration of %j has one of %i s', (session_duration, seconds) => {
    const policy = policyOf({ inactivity_logout: true, session_duration })

    expect(policy?.session_duration).toBe(seconds)
  })

  it.each([undefined, null, false])(
    'with inactivity logout keeps nobody signed in, %j written',
    (persistent_sessions) => {
      const policy = policyOf({ inactivity_logout: true, persistent_sessions })

      expect(policy?.persistent_sessions).toBe(false)
    },
  )

  it('without a server store has a duration alone, which nothing extends', () => {
    const policy = policyOf({ session_duration: 900 }, { store: 'client' })

    const nothingElse = { max_lifetime: 900, stay_lifetime: 900, persistent_sessions: false }
    expect(policy).toEqual({ ...defaults, session_duration: 900, ...nothingElse })
  })
})

describe('a mistake of a session policy', () => {
  it.each(['session_duration', 'max_lifetime'])('is %s outside its range', (key) => {
    const within = { session_duration: 300, max_lifetime: 2_592_000 }
    const written = (value: unknown) => pathsOf({ ...within, [key]: value })

    expect([300, 2_592_000].map(written)).toEqual([[], []])
    expect([299, 2_592_001, 1_000.5, '1800'].map(written)).toEqual([[key], [key], [key], [key]])
  })

  it.each(['persistent_sessions', 'inactivity_logout', 'concurrent_sessions', 'session_location'])(
    'is %s that is neither true nor false',
    (key) => {
      const paths = [true, false, 'yes', 1].map((value) => pathsOf({ [key]: value }))

      expect(paths).toEqual([[], [], [key], [key]])
    },
  )

  it('is an edge that is neither cloudfront nor none', () => {
    const paths = ['cloudfront', null, 'CloudFront', true].map((edge) => pathsOf({ edge }))

    expect(paths).toEqual([[], [], ['edge'], ['edge']])
  })

  it.each([
    [{ duration: 600, stay_lifetime: 600 }, ['duration', 'stay_lifetime']],
    [{ session_duration: 600, max_lifetime: 600 }, []],
    [{ session_duration: 600, max_lifetime: 599 }, ['max_lifetime']],
    [{ max_lifetime: 1_800 }, []],
    [{ max_lifetime: 1_799 }, ['max_lifetime']],
    [{ session_duration: null, max_lifetime: 1_799 }, ['max_lifetime']],
    [{ inactivity_logout: true, max_lifetime: 86_400 }, []],
    [{ inactivity_logout: true, max_lifetime: 86_399 }, ['max_lifetime']],
    [{ inactivity_logout: true, session_duration: 900, max_lifetime: 900 }, []],
    [{ inactivity_logout: true, session_duration: 900, max_lifetime: 899 }, ['max_lifetime']],
    [{ inactivity_logout: true, session_duration: 899, max_lifetime: 900 }, ['max_lifetime']],
    [{ inactivity_logout: true, session_duration: 86_401, max_lifetime: 86_400 }, []],
    [{ session_duration: 300, max_lifetime: 300 }, []],
    [{ session_duration: 301, max_lifetime: 300 }, ['max_lifetime']],
    [{ session_duration: 2_592_000, max_lifetime: 2_591_999 }, ['max_lifetime']],
    [{ session_duration: '600', max_lifetime: 599 }, ['session_duration']],
    [{ session_duration: 299, max_lifetime: 300 }, ['session_duration']],
    [{ session_duration: 2_592_001, max_lifetime: 600 }, ['session_duration']],
    [{ session_duration: 600, max_lifetime: 299 }, ['max_lifetime']],
    [{ inactivity_logout: true, persistent_sessions: true }, ['persistent_sessions']],
    [{ inactivity_logout: false, persistent_sessions: true }, []],
  ])('in %j is at %j', (policy, paths) => {
    expect(pathsOf(policy)).toEqual(paths)
  })

  it('is any length of a session beside it, each by its place', () => {
    const lengths = {
      user: { ...user, session_length: 3_600 },
      roles: {
        claim: 'r',
        values: { a: { session_length: { claim: 's' } }, b: {}, c: { session_length: 600 } },
      },
    }

    const without = problemsOf({ ...lengths, session_policy: null })
    const beside = problemsOf({ ...lengths, session_policy: {} })

    expect(without).toEqual([])
    expect(beside.map(({ path }) => path)).toEqual([
      'embed.user.session_length',
      'embed.roles.values.a.session_length',
      'embed.roles.values.c.session_length',
    ])
  })

  it('is every key but the duration with the client store, whatever its value', () => {
    const written = {
      session_duration: 600,
      max_lifetime: 600,
      persistent_sessions: false,
      inactivity_logout: false,
      concurrent_sessions: true,
      session_location: false,
      edge: 'cloudfront',
    }

    const kept = pathsOf(written, { store: 'client' })
    const absent = pathsOf({ max_lifetime: null, persistent_sessions: null }, { store: 'client' })

    expect(kept).toEqual([
      'max_lifetime',
      'persistent_sessions',
      'inactivity_logout',
      'concurrent_sessions',
      'session_location',
      'edge',
    ])
    expect(absent).toEqual([])
    expect(pathsOf({}, { store: 'client' })).toEqual([])
  })

  it('is named with all others of the file, and what to write instead', () => {
    const problems = problemsOf({
      user: { ...user, session_length: 1 },
      session_policy: {
        session_duration: 1_801,
        max_lifetime: 1_800,
        persistent_sessions: true,
        concurrent_sessions: 'no',
        session_locations: true,
      },
      store: 'server',
    })
    const both = problemsOf({
      session_policy: {
        session_duration: 'canary',
        inactivity_logout: true,
        persistent_sessions: true,
        max_lifetime: 299,
      },
    })

    expect(problems.map(({ path }) => path).toSorted()).toEqual([
      'embed.session_policy.concurrent_sessions',
      'embed.session_policy.max_lifetime',
      'embed.session_policy.session_locations',
      'embed.user.session_length',
      'embed.user.session_length',
    ])
    expect(both.map(({ path }) => path).toSorted()).toEqual([
      'embed.session_policy.max_lifetime',
      'embed.session_policy.persistent_sessions',
      'embed.session_policy.session_duration',
    ])
    expect(
      [...problems, ...both].every(({ message }) => /write|leave|there are/.test(message)),
    ).toBe(true)
    expect(JSON.stringify(both)).not.toContain('canary')
  })

  it.each(['on', 1, true])('is %j where its keys should be', (policy) => {
    const problems = problemsOf({ session_policy: policy })

    expect(problems.map(({ path }) => path)).toEqual(['embed.session_policy'])
  })
})
