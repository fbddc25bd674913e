// The installed session under Looker's own SDK, with a server that stands for Looker and knows one token.
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { install } from './packed.ts'
import { run } from './program.ts'

let folder: string
let server: Server
let url: string

beforeAll(async () => {
  folder = await install(['@looker'])
  server = createServer((request, response) => {
    const known = request.headers.authorization === 'Bearer the-token'
    response.writeHead(known ? 200 : 401, { 'content-type': 'application/json' })
    response.end(JSON.stringify(known ? { id: '7', path: request.url } : { message: 'no' }))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}, 180_000)

afterAll(() => {
  server.close()
})

const prepare = `
  const { Looker40SDK } = await load('@looker/sdk')
  const { Secret, TokenError } = await load('looker-token-broker')
  const { brokerSession, failureOf } = await load('looker-token-broker/sdk')
  const sdkOf = (getToken) => new Looker40SDK(brokerSession({ baseUrl, tokens: { getToken } }))
`

const call = (body: string): string => `const baseUrl = '${url}'\n${prepare}\n${body}`

describe.each(['ES module', 'CommonJS'] as const)('as an %s, the session', (format) => {
  it('calls Looker with the token of its source', async () => {
    const body = call(`
      const asked = []
      const sdk = sdkOf(async ({ userId, workspace }) => {
        asked.push({ userId, workspace })
        return { secret: new Secret('the-token'), expiresAtMs: Date.now() + 3600000, userId, workspace }
      })
      return { me: await sdk.ok(sdk.me()), asked }`)

    const result = await run(folder, format, body)

    expect(result).toEqual({
      me: { id: '7', path: '/api/4.0/user' },
      asked: [{ workspace: 'production' }],
    })
  })

  it('tells why there is no token', async () => {
    const body = call(`
      const refusal = new TokenError('broker-denied', 'may not')
      const sdk = sdkOf(async () => { throw refusal })
      const { kind, token } = failureOf((await sdk.me()).error)
      return { kind, same: token === refusal, isOne: token instanceof TokenError }`)

    const result = await run(folder, format, body)

    expect(result).toEqual({ kind: 'no-token', same: true, isOne: true })
  })

  it('prints nothing', async () => {
    const body = call(`
      const printed = []
      for (const name of ['debug', 'log', 'info', 'warn', 'error']) {
        console[name] = (...all) => printed.push([name, ...all])
      }
      const sdk = sdkOf(async () => { throw new TokenError('timeout', 'late') })
      await sdk.me()
      console.log = (text) => process.stdout.write(text + '\\n')
      return printed`)

    const printed = await run(folder, format, body)

    expect(printed).toEqual([])
  })
})
