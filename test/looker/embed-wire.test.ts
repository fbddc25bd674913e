// The embed calls on a real socket: deadlines, kept connections, and no secret in any error.
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLookerEmbedClient } from '../../lib/looker/embed-client.ts'
import { Secret } from '../../lib/secret.ts'
import type { Deadline } from '../../lib/time.ts'
import type { Fault } from '../../local/looker/faults.ts'
import {
  createLookerSimulator,
  type ListeningSimulator,
  type LookerSimulator,
} from '../../local/looker/server.ts'
import { ample, short } from './deadlines.ts'

let simulator: LookerSimulator
let server: ListeningSimulator

beforeEach(async () => {
  simulator = createLookerSimulator()
  server = await simulator.listen()
})

afterEach(() => server.close())

const secretOf = (name: string) => new Secret(`canary-${name}`)
const canary = 'canary'
const canaryReply = '{"message":"canary","api_token":"canary"}'

const callsOf = (baseUrl: string, reference = secretOf('reference')) => {
  const client = createLookerEmbedClient({ baseUrl, fetch: globalThis.fetch, now: () => 0 })
  const base = secretOf('base')
  const user = { external_user_id: 'canary-user' }
  const tokens = { navigationToken: secretOf('navigation'), apiToken: secretOf('api') }
  const userAgent = 'Browser/1'
  return {
    acquire_embed_cookieless_session: (deadline: Deadline) =>
      client.acquire(base, { user, userAgent, reference }, deadline),
    generate_tokens_for_cookieless_session: (deadline: Deadline) =>
      client.generate(base, { ...tokens, reference, userAgent }, deadline),
    delete_embed_cookieless_session: (deadline: Deadline) => client.end(base, reference, deadline),
  }
}

const operations = [
  'acquire_embed_cookieless_session',
  'generate_tokens_for_cookieless_session',
  'delete_embed_cookieless_session',
] as const

describe('within the deadline', () => {
  const table = operations.flatMap((operation) => [
    { operation, fault: { kind: 'hang' } as const },
    { operation, fault: { kind: 'drip', ms: 1_000 } as const },
  ])

  it.each(table)(
    '$operation ends although Looker shows $fault.kind',
    async ({ operation, fault }) => {
      simulator.setFault(operation, fault)
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

      const calls = callsOf(server.url)
      const outcome = calls[operation](ample()).catch((error: unknown) => error)
      while (simulator.counts().calls[operation] !== 1) await setImmediate()
      vi.advanceTimersByTime(15_000)
      vi.useRealTimers()

      expect(await outcome).toMatchObject({ failure: 'timeout', status: undefined })
      await vi.waitFor(() => expect(server.unfinishedAnswers()).toBe(1), 5_000)
    },
  )
})

describe('the connection of embed calls', () => {
  it('is kept from one to the next', async () => {
    const ports = new Set<number | undefined>()
    const http = createHttpServer((request, answer) => {
      ports.add(request.socket.remotePort)
      answer.statusCode = 204
      answer.end()
    })
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const calls = callsOf(`http://127.0.0.1:${portOf(http.address())}`)

    for (const call of Object.values(calls)) {
      await call(ample()).catch(() => undefined)
      // The socket is free for the next call a little after the answer.
      await setTimeout(20)
    }
    http.close()

    expect(ports.size).toBe(1)
  })
})

const portOf = (address: unknown): number => {
  const port = Object(address).port
  if (typeof port !== 'number') throw new Error('Not listening on a port')
  return port
}

const shown = (error: unknown): string =>
  [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)].join('\n')

const outcomesOf = (calls: ReturnType<typeof callsOf>, deadline: () => Deadline) =>
  Promise.allSettled(operations.map((operation) => calls[operation](deadline())))

describe('an error of an embed call', () => {
  const faults: [string, Fault][] = [
    ...[200, 401, 403, 409, 422, 429, 500, 503].map((status): [string, Fault] => [
      `a ${status}`,
      { kind: 'status', status, body: canaryReply },
    ]),
    ['JSON cut short', { kind: 'status', status: 200, body: canaryReply.slice(0, -3) }],
    ['a page', { kind: 'status', status: 404, body: '<p>canary' }],
    ['a redirect', { kind: 'redirect', location: '/?token=canary' }],
    ['silence', { kind: 'hang' }],
    ['a lost connection', { kind: 'reset' }],
  ]

  it.each(faults)('shows no secret and no address after %s', async (_, fault) => {
    simulator.setFault('every', fault)
    const deadline = fault.kind === 'hang' ? short : ample

    const outcomes = await outcomesOf(callsOf(server.url), deadline)

    const [acquire, generate] = outcomes
    expect([acquire?.status, generate?.status]).toEqual(['rejected', 'rejected'])
    expect(shown(outcomes)).not.toContain(canary)
    expect(shown(outcomes)).not.toContain('cookieless_session')
  })

  it('shows no secret after an answer that is not HTTP, which fetch quotes', async () => {
    const raw = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end('canary\r\n\r\n'))
    })
    raw.listen(0, '127.0.0.1')
    await once(raw, 'listening')

    const url = `http://127.0.0.1:${portOf(raw.address())}`
    const outcomes = await outcomesOf(callsOf(url), ample)
    raw.close()

    const unreachable = { reason: { failure: 'unreachable' } }
    expect(outcomes).toMatchObject([unreachable, unreachable, unreachable])
    expect(shown(outcomes)).not.toContain(canary)
  })

  it.each(['canary\n', 'canary/\ud800'])(
    'shows no secret when the reference %j cannot be in a path',
    async (text) => {
      const { delete_embed_cookieless_session: end } = callsOf(server.url, new Secret(text))

      const outcome = await end(ample()).catch((error: unknown) => error)

      expect(outcome).toBeInstanceOf(TypeError)
      expect(shown(outcome)).not.toContain(canary)
    },
  )

  it('comes before any token is at hand when the address of Looker is none', () => {
    expect(() => callsOf('no address')).toThrow(TypeError)
  })
})
