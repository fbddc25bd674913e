// No error of the client shows a credential, a token or a piece of a reply, whatever Looker does.
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { createLookerClient } from '../../lib/looker/client.ts'
import { Secret } from '../../lib/secret.ts'
import type { Deadline } from '../../lib/time.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import type { Fault } from '../../local/looker/faults.ts'
import { ample, short } from './deadlines.ts'

const canaries = ['canary-secret', 'canary-token', 'canary-reply']
const credentials = { clientId: 'simulator-client', clientSecret: new Secret('canary-secret') }
const canaryToken = new Secret('canary-token')
const canaryReply = '{"message":"canary-reply","access_token":"canary-reply"}'

const shown = (error: unknown): string =>
  [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)].join('\n')

const callsOf = (baseUrl: string, deadline: Deadline) => {
  const client = createLookerClient({ baseUrl, fetch: globalThis.fetch, now: () => 0 })
  return [
    client.login(credentials, deadline),
    client.loginUser(canaryToken, '7', deadline),
    client.switchWorkspace(canaryToken, 'dev', deadline),
  ]
}

let raw: Server | undefined

afterEach(() => {
  raw?.close()
  raw = undefined
})

describe('an error of the Looker client', () => {
  const faults: [string, Fault][] = [
    ...[200, 400, 401, 403, 404, 422, 429, 500, 503].map((status): [string, Fault] => [
      `a ${status}`,
      { kind: 'status', status, body: canaryReply },
    ]),
    ['JSON cut short', { kind: 'status', status: 200, body: canaryReply.slice(0, -3) }],
    ['a page', { kind: 'status', status: 200, body: '<p>canary-reply' }],
    ['a redirect', { kind: 'redirect', location: '/?token=canary-reply' }],
    ['silence', { kind: 'hang' }],
    ['a lost connection', { kind: 'reset' }],
    ['half a body', { kind: 'half-body' }],
  ]

  it.each(faults)('shows no secret after %s', async (_, fault) => {
    const simulator = createLookerSimulator()
    simulator.setFault('every', fault)
    const server = await simulator.listen()

    const deadline = fault.kind === 'hang' ? short() : ample()
    const outcomes = await Promise.allSettled(callsOf(server.url, deadline))
    await server.close()

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    for (const canary of canaries) expect(shown(outcomes)).not.toContain(canary)
  })

  it('shows no secret after an answer that is not HTTP, which fetch quotes', async () => {
    raw = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('canary-reply\r\n\r\n'))
    })
    raw.listen(0, '127.0.0.1')
    await once(raw, 'listening')
    const address = raw.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0

    const quoted = await fetch(`http://127.0.0.1:${port}`).catch((error: unknown) => error)
    const outcomes = await Promise.allSettled(callsOf(`http://127.0.0.1:${port}`, ample()))

    expect(shown(quoted)).toContain('canary-reply')
    expect(outcomes[0]).toMatchObject({ reason: { failure: 'unreachable' } })
    for (const canary of canaries) expect(shown(outcomes)).not.toContain(canary)
  })

  it('shows no secret when a token cannot be a header, which fetch quotes', async () => {
    const client = createLookerClient({
      baseUrl: 'http://127.0.0.1:1',
      fetch: globalThis.fetch,
      now: () => 0,
    })

    const outcome = await client
      .logout(new Secret('canary-token\n!'), ample())
      .catch((error: unknown) => error)

    expect(outcome).toBeInstanceOf(Error)
    expect(shown(outcome)).not.toContain('canary-token')
  })
})
