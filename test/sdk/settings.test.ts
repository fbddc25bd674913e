// What may be the options of a session, each rule just inside and just outside.
import { describe, expect, it } from 'vitest'
import { parseBaseUrl } from '../../lib/sdk/settings.ts'
import { createSession } from '../../lib/sdk/session.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { rememberingTransport, scriptedSource, together } from './session-parts.ts'

const errorOf = (run: () => unknown): TokenError => {
  try {
    run()
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Any values, as JavaScript may give them. */
const made = (unverified: object) => () => {
  const { surroundings } = together()
  const options = {
    baseUrl: 'https://looker.example',
    tokens: scriptedSource().tokens,
    transport: rememberingTransport().transport,
  }
  return createSession(Object.assign(options, unverified), surroundings)
}

describe('the base URL', () => {
  it.each([
    ['https://acme.cloud.looker.com', 'https://acme.cloud.looker.com'],
    ['https://acme.cloud.looker.com/', 'https://acme.cloud.looker.com'],
    ['https://acme.cloud.looker.com:19999', 'https://acme.cloud.looker.com:19999'],
    ['https://acme.cloud.looker.com:443', 'https://acme.cloud.looker.com'],
    ['HTTPS://Acme.Cloud.Looker.com', 'https://acme.cloud.looker.com'],
    ['https://10.0.0.5:19999', 'https://10.0.0.5:19999'],
    ['http://127.0.0.1:4010', 'http://127.0.0.1:4010'],
    ['http://127.255.255.254', 'http://127.255.255.254'],
    ['http://[::1]:4010/', 'http://[::1]:4010'],
    ['http://localhost:4010', 'http://localhost:4010'],
  ])('%s is the origin %s', (written, origin) => {
    expect(parseBaseUrl(written)).toBe(origin)
  })

  it.each([
    '',
    'acme.cloud.looker.com',
    'https://',
    'https:acme.cloud.looker.com',
    'ftp://acme.cloud.looker.com',
    'http://acme.cloud.looker.com',
    'http://128.0.0.1',
    'http://126.255.255.255',
    'http://[::2]',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'https://acme.cloud.looker.com//',
    'https://acme.cloud.looker.com/api/4.0',
    'https://acme.cloud.looker.com?',
    'https://acme.cloud.looker.com/?a=b',
    'https://acme.cloud.looker.com#',
    'https://user:pass@acme.cloud.looker.com',
    'https://@acme.cloud.looker.com',
    'https:\\\\acme.cloud.looker.com',
    ' https://acme.cloud.looker.com',
    'https://acme.cloud.looker.com\n',
    'https://acme.cloud.looker.com ',
    'https://acme.cloud.looker.com\u0000',
    'https://acme.cloud.looker.com\\api',
    'https://acme.cloud.looker.com:65536',
  ])('is not %j', (written) => {
    expect(errorOf(() => parseBaseUrl(written))).toMatchObject({ code: 'invalid-options' })
  })

  it('is not repeated when it is wrong', () => {
    const error = errorOf(() => parseBaseUrl('https://user:hidden-word@acme.example'))

    expect(error.message).toContain('baseUrl')
    expect(error.message).not.toMatch(/hidden-word|acme/)
  })
})

describe('the options of a session', () => {
  it.each([
    ['timeout', 0.001],
    ['timeout', 2_147_483],
    ['maxTries', 1],
    ['maxTries', 10],
    ['userId', '0'],
    ['userId', '12345678901234567890'],
    ['workspace', 'dev'],
    ['workspace', undefined],
    ['transport', rememberingTransport().transport],
  ])('may have the %s %j', (name, value) => {
    expect(made({ [name]: value })).not.toThrow()
  })

  it.each([
    ['timeout', 0],
    ['timeout', 2_147_484],
    ['timeout', NaN],
    ['timeout', '30'],
    ['maxTries', 0],
    ['maxTries', 11],
    ['maxTries', 1.5],
    ['maxTries', '3'],
    ['userId', ''],
    ['userId', '123456789012345678901'],
    ['userId', '7a'],
    ['userId', 7],
    ['userId', null],
    ['workspace', 'Dev'],
    ['workspace', ''],
    ['tokens', undefined],
    ['tokens', {}],
    ['transport', null],
    ['transport', {}],
    ['baseUrl', undefined],
  ])('may not have the %s %j', (name, value) => {
    const error = errorOf(made({ [name]: value }))

    expect(error.code).toBe('invalid-options')
    expect(error.message).toContain(`${name}: `)
  })

  it('may not have a name that means nothing: a misspelled user is the service account', () => {
    const error = errorOf(made({ userID: '7' }))

    expect(error.code).toBe('invalid-options')
    expect(error.message).toContain('there are baseUrl, tokens, userId')
  })

  it('are all named when several are wrong, without their values', () => {
    const error = errorOf(
      made({
        baseUrl: 'http://hidden-word.example',
        timeout: -77,
        maxTries: 77,
        userId: 'hidden-word',
        workspace: 'hidden-word',
        tokens: 'hidden-word',
        transport: 'hidden-word',
      }),
    )

    const named = [...error.message.matchAll(/(\w+): write|(\w+): give/g)].map(
      ([, written, given]) => written ?? given,
    )
    expect(named).toEqual([
      'baseUrl',
      'timeout',
      'maxTries',
      'userId',
      'workspace',
      'tokens',
      'transport',
    ])
    expect(error.message).not.toMatch(/hidden-word|77/)
  })
})
