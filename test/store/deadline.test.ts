// A table that does not answer, or not to the end: every call ends by itself, and leaves no connection.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import { createDynamoTokenStore } from '../../lib/store/dynamo-token-store.ts'
import { claim, key } from '../contracts/leases.ts'
import { callsOf } from './call-sites.ts'
import { clientWithLimits } from './clients.ts'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A server that treats each connection as told, and knows how many there were and how many are open. */
const serverThat = async (treat: (socket: Socket) => void) => {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    treat(socket)
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  return {
    client: clientWithLimits(`http://127.0.0.1:${port}`),
    seen: () => sockets.length,
    allClosed: async () => {
      for (const socket of sockets) await closed(socket)
    },
  }
}

/** Also of a connection that is reset, at which `once` of node:events would throw. */
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })

const swallow = (socket: Socket) => void socket.resume()

const head =
  'HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 1000\r\n\r\n'

const halfBody = (socket: Socket): void => {
  socket.once('data', () => socket.write(`${head}{"Item":`))
}

const drip = (socket: Socket): void => {
  socket.once('data', () => {
    socket.write(head)
    const timer = setInterval(() => socket.write(' '), 100)
    socket.once('close', () => clearInterval(timer))
  })
}

const soon = () => AbortSignal.timeout(250)
const never = () => new Promise<never>(() => {})
const over = () => AbortSignal.abort()

const unavailable = { name: 'StoreError', failure: 'unavailable' }

describe('a table that', () => {
  it('takes the request and never answers is tried twice, and both connections are closed', async () => {
    const server = await serverThat(swallow)
    const store = createDynamoTokenStore({ client: server.client, tableName: 'tokens' })

    await expect(store.takeLease(key, claim())).rejects.toMatchObject(unavailable)

    await server.allClosed()
    expect(server.seen()).toBe(2)
  })

  it.each([
    ['sends half a reply', halfBody],
    ['drips its reply', drip],
  ])('%s ends the call at its deadline, and the connection is closed', async (_, treat) => {
    const server = await serverThat(treat)
    const store = createDynamoTokenStore({ client: server.client, tableName: 'tokens' })

    await expect(store.takeLease(key, claim())).rejects.toMatchObject(unavailable)

    await server.allClosed()
    expect(server.seen()).toBeGreaterThanOrEqual(1)
  })

  it('does not answer ends every call at the deadline it was given', async () => {
    const server = await serverThat(swallow)
    const calls = Object.values(
      callsOf({ client: server.client, tableName: 'tokens', deadline: soon }),
    )

    for (const call of calls) {
      await expect(call()).rejects.toMatchObject(unavailable)
    }

    await server.allClosed()
    expect(server.seen()).toBe(calls.length)
  })

  it('cannot be called for want of credentials that never come ends the call too', async () => {
    const client = new DynamoDBClient({ region: 'us-east-1', credentials: never })
    const store = createDynamoTokenStore({ client, tableName: 'tokens', deadline: soon })

    await expect(store.read(key)).rejects.toMatchObject(unavailable)
  })

  it('is given no time at all is not asked', async () => {
    const server = await serverThat(swallow)
    const store = createDynamoTokenStore({
      client: server.client,
      tableName: 'tokens',
      deadline: over,
    })

    await expect(store.read(key)).rejects.toMatchObject(unavailable)

    expect(server.seen()).toBe(0)
  })

  it.each([
    ['refuses connections', 'http://127.0.0.1:1'],
    ['breaks connections', undefined],
  ])('%s is unavailable', async (_, endpoint) => {
    const server = await serverThat((socket) => void socket.destroy())
    const client = endpoint === undefined ? server.client : clientWithLimits(endpoint)
    const store = createDynamoTokenStore({ client, tableName: 'tokens' })

    await expect(store.read(key)).rejects.toMatchObject(unavailable)

    await server.allClosed()
  })
})
