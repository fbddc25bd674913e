import { describe, expect, test } from 'vitest'
import { createTableTokens, tableTokens } from '../../lib/sources/table-tokens.ts'
import type { TableTokensOptions } from '../../lib/sources/table-tokens.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { handClock } from '../tokens/samples.ts'

const good = {
  stage: 'prod',
  tableName: 'looker-token-broker-prod',
  keyId: 'alias/looker-token-broker-prod',
  looker: { baseUrl: 'https://acme.cloud.looker.com', clientId: 'client' },
} satisfies TableTokensOptions

const refusalOf = (options: unknown): TokenError => {
  try {
    Reflect.apply(createTableTokens, undefined, [options, { clock: handClock() }])
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
  throw new Error('accepted')
}

describe('options', () => {
  test('that are right make a source, and load nothing', () => {
    let loaded = 0
    const load = () => {
      loaded += 1
      return Promise.reject(new Error('simulated'))
    }

    const source = createTableTokens(good, { clock: handClock() }, load)

    expect(source).toHaveProperty('getToken')
    expect(loaded).toBe(0)
  })

  test.each([
    { ...good, marginSeconds: 10, loginTimeoutSeconds: 1, dataKeyHours: 1 },
    { ...good, marginSeconds: 300, loginTimeoutSeconds: 10, dataKeyHours: 24 },
    { ...good, region: 'eu-central-1', report: () => undefined },
    { ...good, region: undefined, report: undefined, marginSeconds: undefined },
    { ...good, keyId: 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab' },
    { ...good, looker: { ...good.looker, clientSecret: '12345678' } },
    { ...good, looker: { ...good.looker, clientSecret: undefined } },
    { ...good, looker: { ...good.looker, baseUrl: 'http://localhost:9999' } },
    { ...good, looker: { ...good.looker, baseUrl: 'http://127.0.0.1:9999' } },
  ])('may be %j', (options) => {
    expect(tableTokens(options)).toHaveProperty('getToken')
  })

  test.each([
    ['stage', { stage: 'Prod' }],
    ['stage', { stage: 'a'.repeat(21) }],
    ['stage', { stage: undefined }],
    ['tableName', { tableName: 'ab' }],
    ['tableName', { tableName: 'arn:aws:dynamodb:eu-central-1:123456789012:table/t' }],
    ['keyId', { keyId: '' }],
    ['keyId', { keyId: 'with a blank' }],
    ['marginSeconds', { marginSeconds: 9 }],
    ['marginSeconds', { marginSeconds: 301 }],
    ['marginSeconds', { marginSeconds: '30' }],
    ['loginTimeoutSeconds', { loginTimeoutSeconds: 0 }],
    ['loginTimeoutSeconds', { loginTimeoutSeconds: 11 }],
    ['dataKeyHours', { dataKeyHours: 0 }],
    ['dataKeyHours', { dataKeyHours: 25 }],
    ['dataKeyHours', { dataKeyHours: 1.5 }],
    ['region', { region: '' }],
    ['region', { region: 'eu central' }],
    ['report', { report: 'console' }],
    ['clientSecret', { clientSecret: 'at-the-wrong-place' }],
    ['looker.baseUrl', { looker: undefined }],
    ['looker.baseUrl', { looker: { ...good.looker, baseUrl: 'http://acme.cloud.looker.com' } }],
    ['looker.baseUrl', { looker: { ...good.looker, baseUrl: 'https://acme.looker.com/api' } }],
    ['looker.baseUrl', { looker: { ...good.looker, baseUrl: 'https://acme.looker.com/?a=b' } }],
    ['looker.baseUrl', { looker: { ...good.looker, baseUrl: 'https://u:p@acme.looker.com' } }],
    ['looker.clientId', { looker: { ...good.looker, clientId: '' } }],
    ['looker.clientId', { looker: { ...good.looker, clientId: 'x'.repeat(129) } }],
    ['looker.clientSecret', { looker: { ...good.looker, clientSecret: 'short' } }],
    ['looker.clientSecret', { looker: { ...good.looker, clientSecret: 'with a blank in it' } }],
    ['looker.clientSecret', { looker: { ...good.looker, clientSecret: 12345678 } }],
  ])('are refused for their %s: %j', (name, changes) => {
    const { code, message } = refusalOf({ ...good, ...changes })

    expect(code).toBe('invalid-options')
    expect(message).toContain(` ${name}: `)
    const mistakes = message.match(/: (write|give|is not) /g)
    expect(mistakes).toHaveLength('looker' in changes && changes.looker === undefined ? 2 : 1)
  })

  test('are refused with every mistake at once', () => {
    const { message } = refusalOf({ looker: {}, marginSeconds: 1, tablename: 'x' })

    for (const name of [
      'stage',
      'tableName',
      'keyId',
      'looker.baseUrl',
      'looker.clientId',
      'marginSeconds',
      'tablename',
    ]) {
      expect(message).toContain(`${name}: `)
    }
  })

  test.each([undefined, null, 'options', 5, []])('are refused when they are %j', (options) => {
    expect(refusalOf(options).code).toBe('invalid-options')
  })

  test('are refused without a word of what they hold', () => {
    const value = 'hunter2 hunter2'
    const { message } = refusalOf({
      stage: value,
      tableName: value,
      keyId: value,
      region: value,
      marginSeconds: value,
      report: value,
      looker: { baseUrl: value, clientId: value, clientSecret: value },
    })

    expect(message).not.toContain('hunter2')
  })
})
