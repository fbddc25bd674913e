// What somebody who installed the package can load of it, and what is loaded with it.
import { beforeAll, describe, expect, it } from 'vitest'
import { install } from './packed.ts'
import { run } from './program.ts'

const formats = ['ES module', 'CommonJS'] as const

/** Without any of the optional packages. */
let bare: string
let full: string

beforeAll(async () => {
  bare = await install()
  full = await install(['@aws-sdk', '@looker'])
}, 180_000)

const own = ['Secret', 'TokenError', 'functionTokens', 'tableTokens']

const functionOptions = "{ functionName: 'issueApiTokenDirect', region: 'eu-central-1' }"
const tableOptions = `{
  stage: 'acme', tableName: 'tokens', keyId: 'alias/tokens', region: 'eu-central-1',
  looker: { baseUrl: 'https://looker.example.com', clientId: 'client' },
}`

/** Nobody answers there, and nothing is asked of the metadata service of a machine. */
const aws = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example-key',
  AWS_MAX_ATTEMPTS: '1',
}

describe.each(formats)('as an %s, the package', (format) => {
  it.each([
    ['looker-token-broker', own],
    ['looker-token-broker/browser', ['BrokerProblem', 'createBrokerSession']],
  ])('has in %s what it promises, without any optional package', async (name, promised) => {
    const names = await run(bare, format, `return Object.keys(await load('${name}'))`)

    expect(names).toEqual(expect.arrayContaining(promised))
    expect(names).toHaveLength(promised.length)
  })

  it('has in looker-token-broker/sdk all of its own and the session, beside @looker/sdk-rtl', async () => {
    const body = "return Object.keys(await load('looker-token-broker/sdk'))"

    const names = await run(full, format, body)

    const promised = [...own, 'brokerSession', 'brokerTransport', 'failureOf', 'init']
    expect(names).toEqual(expect.arrayContaining(promised))
    expect(names).toHaveLength(promised.length)
  })

  it('has nothing else', async () => {
    const code = await run(bare, format, "return codeOf(load('looker-token-broker/lib/broker.ts'))")

    expect(code).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  it.each([
    ['functionTokens', functionOptions],
    ['tableTokens', tableOptions],
  ])('says at the first token of %s that a package is missing', async (name, options) => {
    const code = await run(
      bare,
      format,
      `const broker = await load('looker-token-broker')
       return codeOf(broker.${name}(${options}).getToken())`,
    )

    expect(code).toBe('package-missing')
  })

  it.each([
    ['functionTokens', functionOptions, { lambda: true, dynamodb: false, kms: false }],
    ['tableTokens', tableOptions, { lambda: false, dynamodb: true, kms: true }],
  ])('loads what %s needs at its first token', async (name, options, needed) => {
    const none = { lambda: false, dynamodb: false, kms: false }

    const seen = await run(
      full,
      format,
      `const clients = () => ({
         lambda: loaded('@aws-sdk/client-lambda'),
         dynamodb: loaded('@aws-sdk/client-dynamodb'),
         kms: loaded('@aws-sdk/client-kms'),
       })
       const tokens = (await load('looker-token-broker')).${name}(${options})
       const before = clients()
       await tokens.getToken({}, { timeoutMs: 1000 }).catch(() => {})
       return { before, after: clients() }`,
      aws,
    )

    expect(seen).toEqual({ before: none, after: needed })
  })

  it('knows a TokenError of one entry in the other', async () => {
    const known = await run(
      full,
      format,
      `const { TokenError } = await load('looker-token-broker')
       const { brokerSession } = await load('looker-token-broker/sdk')
       try { brokerSession({}) } catch (error) { return [error instanceof TokenError, error.code] }`,
    )

    expect(known).toEqual([true, 'invalid-options'])
  })
})
