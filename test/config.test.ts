// The tenant file: what is accepted, and what is said about every mistake.
import { describe, expect, it } from 'vitest'
import { TenantError, parseTenant } from '../lib/config.ts'
import type { TenantProblem } from '../lib/config.ts'

const looker = { base_url: 'https://acme.cloud.looker.com', client_id: 'client' }
const caller = { account: '123456789012', role: 'reports' }

const told = { email: 'oncall@acme.example' }

const parse = (file: unknown) => parseTenant(file, { allowLoopback: false })

const problemsOf = (file: unknown, allowLoopback = false): readonly TenantProblem[] => {
  try {
    parseTenant(file, { allowLoopback })
  } catch (error) {
    if (error instanceof TenantError) return error.problems
    throw error
  }
  return []
}

const pathsOf = (file: unknown, allowLoopback = false) =>
  problemsOf(file, allowLoopback).map(({ path }) => path)

const withBaseUrl = (base_url: unknown) => ({ looker: { ...looker, base_url } })
const withCaller = (change: object) => ({
  looker,
  api_tokens: { callers: [{ ...caller, ...change }] },
})

describe('the tenant file', () => {
  it('needs no more than the address and the client id of Looker', () => {
    const tenant = parse({ looker })

    expect(tenant).toEqual({
      looker: { ...looker, login_timeout_seconds: 5 },
      api_tokens: {
        margin_seconds: 30,
        callers: [],
        direct: { service_account: false, users: [], workspaces: ['production'] },
      },
      origins: [],
      identity: null,
      embed: null,
      admin: null,
      alarms: null,
      dashboard: true,
      encryption: { data_key_hours: 24 },
      functions: { reserved_concurrency: null, log_retention_days: 30, tracing: true },
      throttling: { embed_requests_per_second: 500, token_requests_per_second: 100 },
    })
  })

  it('gives a caller nothing but production until more is named', () => {
    const tenant = parse(withCaller({}))

    expect(tenant.api_tokens.callers).toEqual([
      { ...caller, service_account: false, users: [], workspaces: ['production'] },
    ])
  })

  it('keeps every right as it is written', () => {
    const rights = { service_account: true, users: 'any', workspaces: ['production', 'dev'] }

    const tenant = parse({
      looker,
      api_tokens: { callers: [{ ...caller, ...rights }], direct: rights },
    })

    expect(tenant.api_tokens.callers).toEqual([{ ...caller, ...rights }])
    expect(tenant.api_tokens.direct).toEqual(rights)
  })

  it.each([undefined, null, {}])('asks for what is required when it is %j', (file) => {
    const paths = pathsOf(file)

    expect(paths).toEqual(['looker.base_url', 'looker.client_id'])
  })

  it.each(['looker', 42, true])('that is %j and no mapping is told so', (file) => {
    const problems = problemsOf(file)

    expect(problems).toEqual([
      { path: '(file)', message: 'write a mapping of settings, or leave the key out' },
    ])
  })

  it('names every mistake at once, each with its path and what to write instead', () => {
    const file = {
      looker: { base_url: 'acme', client_id: 'a b' },
      api_tokens: {
        margin_seconds: 9,
        callers: [
          caller,
          { account: '1', role: 'arn:aws:iam::1:role/x', user: 'any' },
          { ...caller },
        ],
      },
      origin: [],
      function: {},
    }

    const problems = problemsOf(file)

    expect(problems.map(({ path }) => path).toSorted()).toEqual([
      'api_tokens.callers[1].account',
      'api_tokens.callers[1].role',
      'api_tokens.callers[1].user',
      'api_tokens.callers[2].role',
      'api_tokens.margin_seconds',
      'function',
      'looker.base_url',
      'looker.client_id',
      'origin',
    ])
    expect(problems.every(({ message }) => /write|there are|merge/.test(message))).toBe(true)
  })

  it('writes every mistake into the message of its error', () => {
    const file = { looker: { base_url: 'acme', client_id: '' } }

    const attempt = () => parse(file)

    expect(attempt).toThrow(/\(2\):\n {2}looker\.base_url: .+\n {2}looker\.client_id: .+$/)
  })

  it('repeats no value of the file', () => {
    const file = { looker: { base_url: 'canary', client_id: 'canary 1', client_secret: 'canary' } }

    const attempt = () => parse(file)

    expect(attempt).not.toThrow(/canary/)
    expect(pathsOf(file)).toHaveLength(3)
  })

  it.each([
    ['looker', { looker: { ...looker, secret: 1 } }, 'looker.secret'],
    ['a caller', withCaller({ wörkspace: 1 }), 'api_tokens.callers[0].wörkspace'],
    ['direct', { looker, api_tokens: { direct: { role: 'x' } } }, 'api_tokens.direct.role'],
    ['api_tokens', { looker, api_tokens: { margin: 30 } }, 'api_tokens.margin'],
    ['encryption', { looker, encryption: { key: 1 } }, 'encryption.key'],
    ['functions', { looker, functions: { memory: 1 } }, 'functions.memory'],
    ['alarms', { looker, alarms: { ...told, sms: 1 } }, 'alarms.sms'],
    ['the file', { looker, alarm: {} }, 'alarm'],
  ])('refuses a key it does not know in %s', (_where, file, path) => {
    const paths = pathsOf(file)

    expect(paths).toEqual([path])
  })
})

describe('the address of Looker', () => {
  it.each([
    'https://acme.cloud.looker.com',
    'https://looker.acme.example:19999',
    'https://xn--bcher-kva.example',
  ])('may be %s', (base_url) => {
    const problems = problemsOf(withBaseUrl(base_url))

    expect(problems).toEqual([])
  })

  it.each([
    'http://acme.cloud.looker.com',
    'ftp://acme.cloud.looker.com',
    'acme.cloud.looker.com',
    'https://acme.cloud.looker.com/',
    'https://acme.cloud.looker.com/api/4.0',
    'https://acme.cloud.looker.com?x=1',
    'https://acme.cloud.looker.com#x',
    'https://acme.cloud.looker.com:443',
    'https://user:pass@acme.cloud.looker.com',
    'https://acme.cloud.looker.com@evil.example',
    'https://ACME.cloud.looker.com',
    'https://*.looker.com',
    'https://acme.cloud.looker.com.',
    ' https://acme.cloud.looker.com',
    'https://169.254.169.254',
    'https://2852039166',
    'https://0xa9fea9fe',
    'https://10.1',
    'https://[fd00:ec2::254]',
    'https://[::1]',
    'https://127.0.0.1',
    'https://127.1',
    'https://2130706433',
    'https://0177.0.0.1',
    'https://0x7f.0.0.1',
    'https://0',
    'https://192.168.1.1',
    'https://127.0.0.1.',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://１２７.0.0.1',
    'https://127。0。0。1',
    'https://localhost',
    'https://localhost.',
    'https://LOCALHOST',
    'https://%6cocalhost',
    'https://localhost.localdomain',
    'https://localhost6.localdomain6',
    'https://ip6-localhost',
    'https://ip6-loopback',
    'https://looker.localhost',
    'http://localhost:4010',
    'https://user@acme.cloud.looker.com',
    'https://@acme.cloud.looker.com',
    'https://acme.cloud.looker.com\\@evil.example',
    'https://acme.cloud.looker.com%2eevil.example',
    'https://acme.cloud.looker.com?',
    'https://acme.cloud.looker.com#',
    'https://acme.cloud.looker.com/..',
    'https://acme.cloud.looker.com:',
    'https://acme.cloud.looker.com:99999',
    'https://acme.cloud.looker.com\n',
    'https://acme.cloud.looker.com\u0000',
    'https://acme .cloud.looker.com',
    'https://аcme.cloud.looker.com',
    'https:acme.cloud.looker.com',
    '//acme.cloud.looker.com',
    'file:///etc/passwd',
    'data:text/plain,looker',
    '',
    null,
    42,
    ['https://acme.cloud.looker.com'],
  ])('may not be %j', (base_url) => {
    const paths = pathsOf(withBaseUrl(base_url))

    expect(paths).toEqual(['looker.base_url'])
  })

  it.each(['localhost', 'localhost.localdomain', 'localhost6', 'ip6-loopback', 'a.localhost'])(
    'may be %s in no tenant, as page or issuer neither',
    (host) => {
      const url = `https://${host}`
      const identity = { jwt: { issuer: `${url}/`, audience: ['broker'] } }
      const embed = { user: { external_user_id: { claim: 'sub' } } }

      const paths = pathsOf({ ...withBaseUrl(url), origins: [url], identity, embed })

      expect(paths).toEqual(['looker.base_url', 'origins[0]', 'identity.jwt.issuer'])
    },
  )

  it.each(['http://127.0.0.1:4010', 'http://localhost:4010', 'http://[::1]:4010'])(
    'may be %s on one machine alone',
    (base_url) => {
      const onOneMachine = pathsOf(withBaseUrl(base_url), true)
      const deployed = pathsOf(withBaseUrl(base_url), false)

      expect(onOneMachine).toEqual([])
      expect(deployed).toEqual(['looker.base_url'])
    },
  )

  it.each(['http://acme.cloud.looker.com', 'http://10.0.0.1', 'https://10.0.0.1'])(
    'may not be %s even on one machine',
    (base_url) => {
      const paths = pathsOf(withBaseUrl(base_url), true)

      expect(paths).toEqual(['looker.base_url'])
    },
  )
})

describe('an origin of a page', () => {
  it('is held to the rule of an address, each by its place in the list', () => {
    const origins = [
      'https://app.acme.example',
      '*',
      'https://*.acme.example',
      'https://a.example/',
    ]

    const paths = pathsOf({ looker, origins })

    expect(paths).toEqual(['origins[1]', 'origins[2]', 'origins[3]'])
  })

  it('may be on the own machine for the local stage alone', () => {
    const file = { looker, origins: ['http://localhost:4020'] }

    expect(pathsOf(file, true)).toEqual([])
    expect(pathsOf(file, false)).toEqual(['origins[0]'])
  })
})

describe('a caller', () => {
  it.each([123456789012, 12345678901])(
    'with the unquoted account %d is told to quote',
    (account) => {
      const problems = problemsOf(withCaller({ account }))

      expect(problems).toEqual([
        { path: 'api_tokens.callers[0].account', message: expect.stringContaining('in quotes') },
      ])
    },
  )

  it('with unquoted user ids is told to quote each', () => {
    const problems = problemsOf(withCaller({ users: [17, '42', 99] }))

    expect(problems.map(({ path }) => path)).toEqual([
      'api_tokens.callers[0].users[0]',
      'api_tokens.callers[0].users[2]',
    ])
    expect(problems.every(({ message }) => message.includes('in quotes'))).toBe(true)
  })

  it.each([
    ['account', '12345678901'],
    ['account', '1234567890123'],
    ['account', '12345678901a'],
    ['role', ''],
    ['role', 'a'.repeat(65)],
    ['role', 'path/name'],
    ['role', 'two words'],
    ['role', 'name*'],
    ['service_account', 'yes'],
    ['users', 'all'],
    ['users', null],
    ['workspaces', []],
    ['workspaces', 'dev'],
  ])('may not have the %s %j', (key, value) => {
    const paths = pathsOf(withCaller({ [key]: value }))

    expect(paths).toEqual([`api_tokens.callers[0].${key}`])
  })

  it.each(['', '1a', '1'.repeat(21), '-1'])('may not have the user %j', (user) => {
    const paths = pathsOf(withCaller({ users: [user] }))

    expect(paths).toEqual(['api_tokens.callers[0].users[0]'])
  })

  it('may have a role of 64 characters with every sign that IAM allows, and user ids of 20 digits', () => {
    const role = `_Az09+=,.@-${'x'.repeat(53)}`

    const problems = problemsOf(withCaller({ role, users: ['1', '9'.repeat(20)] }))

    expect(problems).toEqual([])
  })

  it('may not ask for an unknown workspace', () => {
    const paths = pathsOf(withCaller({ workspaces: ['production', 'test'] }))

    expect(paths).toEqual(['api_tokens.callers[0].workspaces[1]'])
  })

  it('may be named once only, in the same account', () => {
    const other = { ...caller, account: '210987654321' }

    const problems = problemsOf({ looker, api_tokens: { callers: [caller, other, caller] } })

    expect(problems).toEqual([
      { path: 'api_tokens.callers[2].role', message: expect.stringContaining('callers[0]') },
    ])
  })
})

const fileWith = (path: string, value: unknown) => {
  const [section = '', key = ''] = path.split('.')
  const base = section === 'looker' ? looker : {}
  return { looker, [section]: { ...base, [key]: value } }
}

describe('a number', () => {
  const limits: readonly [string, number, number][] = [
    ['looker.login_timeout_seconds', 1, 10],
    ['api_tokens.margin_seconds', 10, 300],
    ['encryption.data_key_hours', 1, 24],
    ['functions.reserved_concurrency', 1, 1000],
    ['throttling.embed_requests_per_second', 1, 10_000],
    ['throttling.token_requests_per_second', 1, 10_000],
  ]

  it.each(limits)('for %s may be %d and %d', (path, least, most) => {
    const problems = [least, most].flatMap((value) => problemsOf(fileWith(path, value)))

    expect(problems).toEqual([])
  })

  it.each(limits)('for %s may not be outside %d to %d, broken, or quoted', (path, least, most) => {
    const values = [least - 1, most + 1, least + 0.5, String(least), Number.NaN]

    const paths = values.flatMap((value) => pathsOf(fileWith(path, value)))

    expect(paths).toEqual(values.map(() => path))
  })

  it('of days to keep logs is one that CloudWatch allows', () => {
    const allowed = pathsOf(fileWith('functions.log_retention_days', 3653))
    const between = pathsOf(fileWith('functions.log_retention_days', 31))

    expect(allowed).toEqual([])
    expect(between).toEqual(['functions.log_retention_days'])
  })

  it('of characters in a client id is at most 128, without blanks', () => {
    const longest = pathsOf({ looker: { ...looker, client_id: 'x'.repeat(128) } })
    const longer = pathsOf({ looker: { ...looker, client_id: 'x'.repeat(129) } })
    const blank = pathsOf({ looker: { ...looker, client_id: 'x y' } })

    expect(longest).toEqual([])
    expect(longer).toEqual(['looker.client_id'])
    expect(blank).toEqual(['looker.client_id'])
  })
})
