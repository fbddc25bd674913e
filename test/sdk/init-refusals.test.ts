// Settings of `init` that cannot be used: each rule, and all of them at once.
import { describe, expect, it } from 'vitest'
import type { InitOptions } from '../../lib/sdk/init.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { aClient, aFunction, aLooker, aTable, iniText, prepared } from './init-parts.ts'
import type { Given } from './init-parts.ts'

const refusedBy = (given: Given, options?: InitOptions): string => {
  const { init, functions, tables } = prepared(given)
  try {
    init(options)
  } catch (error) {
    if (!(error instanceof TokenError)) throw error
    expect(error.code).toBe('invalid-options')
    expect([...functions, ...tables]).toEqual([])
    return error.message
  }
  throw new Error('nothing was thrown')
}

describe('settings are refused', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['neither source', { ...aLooker }, /LOOKER_BROKER_FUNCTION.*LOOKER_BROKER_TABLE/],
    ['a source that is empty', { ...aLooker, LOOKER_BROKER_FUNCTION: '' }, /LOOKER_BROKER_FUNC/],
    [
      'both sources',
      { ...aLooker, ...aClient, ...aFunction, ...aTable },
      /LOOKER_BROKER_FUNCTION.*LOOKER_BROKER_TABLE.*not both/,
    ],
    [
      'the function and a part of the table',
      { ...aLooker, ...aFunction, LOOKER_BROKER_STAGE: 'acme' },
      /^set LOOKER_BROKER_FUNCTION.*not both$/,
    ],
    [
      'the table without its client id',
      { ...aLooker, ...aTable },
      /^LOOKERSDK_CLIENT_ID: is not set/,
    ],
    ['no base URL', { ...aFunction }, /^LOOKERSDK_BASE_URL: is not set/],
    [
      'a base URL that is none',
      { ...aFunction, LOOKERSDK_BASE_URL: 'http://hidden-word.example' },
      /^LOOKERSDK_BASE_URL: write the origin/,
    ],
    ...['0', '-1', '1h', 'hidden-word', '1e3', 'Infinity', '2147484'].map(
      (timeout): [string, Record<string, string>, RegExp] => [
        `a timeout of ${timeout}`,
        { ...aLooker, ...aFunction, LOOKERSDK_TIMEOUT: timeout },
        /^LOOKERSDK_TIMEOUT: write seconds above 0/,
      ],
    ),
    ...['false', 'F', 'no', '0', "'false'"].map(
      (word): [string, Record<string, string>, RegExp] => [
        `certificates that are not verified: ${word}`,
        { ...aLooker, ...aFunction, LOOKERSDK_VERIFY_SSL: word },
        /^LOOKERSDK_VERIFY_SSL: cannot be switched off; NODE_EXTRA_CA_CERTS/,
      ],
    ),
    [
      'a word for verifying that is neither',
      { ...aLooker, ...aFunction, LOOKERSDK_VERIFY_SSL: 'hidden-word' },
      /^LOOKERSDK_VERIFY_SSL: write true/,
    ],
  ])('with %s', (_, env, message) => {
    expect(refusedBy({ env })).toMatch(message)
  })

  it.each([
    ['LOOKER_BROKER_TABLE', 'LOOKER_BROKER_TABLE: not set'],
    ['LOOKER_BROKER_KEY', 'LOOKER_BROKER_KEY: not set'],
    ['LOOKER_BROKER_STAGE', 'LOOKER_BROKER_STAGE: not set'],
  ])('with a table that has no %s', (name, message) => {
    const env = { ...aLooker, ...aClient, ...aTable, [name]: '' }

    expect(refusedBy({ env })).toContain(message)
  })

  it.each([
    ['base_url=http://hidden-word.example', 'base_url in the file: write the origin'],
    ['base_url[]=https://a.example\nbase_url[]=https://b.example', 'base_url in the file: write'],
    ['timeout=hidden-word', 'timeout in the file: write seconds'],
    ['verify_ssl=false', 'verify_ssl in the file: cannot be switched off'],
    ['verify_ssl=No', 'verify_ssl in the file: cannot be switched off'],
    ['client_id[]=a', 'client_id in the file: write it once'],
    ['client_secret[]=hidden-word', 'client_secret in the file: write it once'],
  ])('with a file that says %j', (line, message) => {
    const text = `[Looker]\nbase_url=https://a.example\n${line}`
    const files = { 'looker.ini': line.startsWith('base_url') ? `[Looker]\n${line}` : text }

    expect(refusedBy({ env: { ...aFunction }, files })).toContain(message)
  })

  it.each([
    ['a section that is not there', { section: 'Third' }, 'section: is not in the file'],
    [
      'a misspelled user',
      JSON.parse('{ "userID": "7" }'),
      'an option without a meaning; there are userId',
    ],
    ['a section of no file', { section: 'Looker', file: 'no.ini' }, 'section: is not in the file'],
    ['a section without a base URL', { section: 'Empty' }, 'LOOKERSDK_BASE_URL: is not set'],
    ['a section that every object has', { section: 'constructor' }, 'section: is not'],
    ['a named file that is not there', { file: 'no.ini' }, 'file: is not there'],
    ['a file that cannot be read', { file: 'locked.ini' }, 'file: cannot be read (EACCES)'],
    ['a prefix that no variable has', { prefix: '' }, 'prefix: write'],
    ['a prefix with a dash', { prefix: 'LOOKER-SDK' }, 'prefix: write'],
    ['a user that is none', { userId: '7a' }, 'userId: write'],
    ['a workspace that is none', { workspace: JSON.parse('"x"') }, 'workspace: write'],
  ])('with %s', (_, options, message) => {
    const files = { 'looker.ini': iniText, 'locked.ini': 'forbidden' }

    expect(refusedBy({ env: { ...aFunction }, files }, options)).toContain(message)
  })

  it('with every mistake at once, and no value', () => {
    const env = {
      LOOKERSDK_BASE_URL: 'hidden-word',
      LOOKERSDK_TIMEOUT: 'hidden-word',
      LOOKERSDK_VERIFY_SSL: 'false',
      LOOKERSDK_CLIENT_SECRET: 'hidden-word',
      LOOKER_BROKER_TABLE: 'hidden-word',
    }
    const options = { userId: 'hidden-word', section: 'hidden-word', file: 'hidden-word' }

    const message = refusedBy({ env }, options)

    expect(message.split('; ').map((mistake) => mistake.split(/[:,]/)[0])).toEqual([
      'userId',
      'file',
      'section',
      'LOOKERSDK_BASE_URL',
      'LOOKERSDK_TIMEOUT',
      'LOOKERSDK_VERIFY_SSL',
      'NODE_EXTRA_CA_CERTS names your own CA',
      'LOOKERSDK_CLIENT_ID',
      'LOOKER_BROKER_KEY',
    ])
    expect(message).not.toContain('hidden-word')
  })

  it('each time, and mended settings work in the same process', () => {
    const { init, env } = prepared({ env: { ...aFunction } })

    expect(() => init()).toThrow(TokenError)
    env['LOOKERSDK_BASE_URL'] = 'https://env.looker.example'
    expect(init().settings.base_url).toBe('https://env.looker.example')
  })
})
