// The connections that logins use, seen from the server.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { createLookerClient } from '../../lib/looker/client.ts'
import { Secret } from '../../lib/secret.ts'
import { ample } from './deadlines.ts'

const seen: { connection: string | undefined; port: number | undefined }[] = []
const server = createServer((request, answer) => {
  seen.push({ connection: request.headers.connection, port: request.socket.remotePort })
  answer.setHeader('content-type', 'application/json')
  answer.end(JSON.stringify({ access_token: 'a'.repeat(40), token_type: 'Bearer', expires_in: 60 }))
})
afterEach(() => server.close())

describe('a login', () => {
  it('never uses a connection that an earlier one left behind', async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const { fetch } = globalThis
    const client = createLookerClient({ baseUrl: `http://127.0.0.1:${port}`, fetch, now: () => 0 })
    const credentials = { clientId: 'client', clientSecret: new Secret('client-secret') }

    await client.login(credentials, ample())
    await client.login(credentials, ample())

    expect(seen.map(({ connection }) => connection)).toEqual(['close', 'close'])
    expect(new Set(seen.map((call) => call.port)).size).toBe(2)
  })
})
