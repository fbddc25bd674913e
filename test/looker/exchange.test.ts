// Faults on a real socket. That a deadline fires is seen by its failure and by the server, which finds
// the connection closed; no test measures time.
import { setImmediate } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLookerClient } from '../../lib/looker/client.ts'
import { createExchange } from '../../lib/looker/exchange.ts'
import { Secret } from '../../lib/secret.ts'
import {
  createLookerSimulator,
  type ListeningSimulator,
  type LookerSimulator,
} from '../../local/looker/server.ts'
import { ample, short } from './deadlines.ts'

const credentials = {
  clientId: 'simulator-client',
  clientSecret: new Secret('simulator-secret'),
}

let simulator: LookerSimulator
let server: ListeningSimulator

beforeEach(async () => {
  simulator = createLookerSimulator()
  server = await simulator.listen()
})

afterEach(() => server.close())

const clientOf = (maxReplyBytes?: number) =>
  createLookerClient({
    baseUrl: server.url,
    fetch: globalThis.fetch,
    now: () => 0,
    ...(maxReplyBytes === undefined ? {} : { maxReplyBytes }),
  })

describe('within the deadline', () => {
  const calls = {
    login: () => clientOf().login(credentials, ample()),
    login_user: () => clientOf().loginUser(new Secret('t'), '7', ample()),
    update_session: () => clientOf().switchWorkspace(new Secret('t'), 'dev', ample()),
    logout: () => clientOf().logout(new Secret('t'), ample()),
  }
  const operations = ['login', 'login_user', 'update_session', 'logout'] as const
  const table = operations.flatMap((operation) => [
    { operation, fault: { kind: 'hang' } as const },
    { operation, fault: { kind: 'drip', ms: 1_000 } as const },
  ])

  it.each(table)(
    '$operation ends although Looker shows $fault.kind',
    async ({ operation, fault }) => {
      simulator.setFault(operation, fault)
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })

      const outcome = calls[operation]().catch((error: unknown) => error)
      while (simulator.counts().calls[operation] !== 1) await setImmediate()
      vi.advanceTimersByTime(15_000)
      vi.useRealTimers()

      expect(await outcome).toMatchObject({ failure: 'timeout', status: undefined })
      await vi.waitFor(() => expect(server.unfinishedAnswers()).toBe(1), 5_000)
    },
  )

  it('waits for an answer that comes late but in time', async () => {
    simulator.setFault('login', { kind: 'slow', ms: 50 })

    const outcome = await clientOf().login(credentials, ample())

    expect(outcome.expiresInSeconds).toBe(3600)
  })

  it('ends although fetch ignores the signal', async () => {
    const exchange = createExchange({ fetch: () => new Promise(() => {}) })

    const outcome = exchange(new URL(server.url), {}, short())

    await expect(outcome).rejects.toMatchObject({ failure: 'timeout' })
  })

  it('drops a body that goes on although fetch forgot the signal', async () => {
    const cancelled = vi.fn<() => void>()
    const body = () => new ReadableStream({ cancel: cancelled })
    const exchange = createExchange({ fetch: () => Promise.resolve(new Response(body())) })

    const outcome = exchange(new URL(server.url), {}, short())

    await expect(outcome).rejects.toMatchObject({ failure: 'timeout' })
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce(), 5_000)
  })

  it('keeps a deadline that is longer than any timer', async () => {
    const far = { remainingMs: () => Number.MAX_SAFE_INTEGER }

    const outcome = await clientOf().login(credentials, far)

    expect(outcome.expiresInSeconds).toBe(3600)
  })
})

describe('a connection', () => {
  it.each([{ kind: 'reset' }, { kind: 'half-body' }] as const)(
    'that is lost ($kind) makes Looker unreachable',
    async (fault) => {
      simulator.setFault('login', fault)

      const outcome = clientOf().login(credentials, ample())

      await expect(outcome).rejects.toMatchObject({ failure: 'unreachable', status: undefined })
    },
  )

  it('that is refused makes Looker unreachable, and the error names the reason', async () => {
    const { url } = server
    await server.close()
    const client = createLookerClient({ baseUrl: url, fetch: globalThis.fetch, now: () => 0 })

    const outcome = await client.login(credentials, ample()).catch((error: unknown) => error)

    expect(outcome).toMatchObject({ failure: 'unreachable' })
    expect(String(outcome)).toContain('ECONNREFUSED')
    server = await simulator.listen()
  })
})

describe('a redirect', () => {
  it('is not followed', async () => {
    simulator.setFault('update_session', { kind: 'redirect', location: '/api/4.0/user' })

    const outcome = clientOf().switchWorkspace(new Secret('t'), 'dev', ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'misrouted', status: 302 })
    expect(simulator.counts().calls).toEqual({ update_session: 1 })
  })
})

describe('a reply', () => {
  it.each([false, true])('that is too long is dropped (announced: %s)', async (declared) => {
    simulator.setFault('login', { kind: 'oversize-body', bytes: 32 * 1024 * 1024, declared })

    const outcome = clientOf().login(credentials, ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'invalid-reply', status: 200 })
    await vi.waitFor(() => expect(server.unfinishedAnswers()).toBe(1), 5_000)
  })

  it('that announces too much is dropped before its body comes', async () => {
    const read = vi.fn<() => void>()
    const body = new ReadableStream({ pull: read }, { highWaterMark: 0 })
    const headers = { 'content-length': '65537' }
    const fetch = () => Promise.resolve(new Response(body, { headers }))

    const outcome = createExchange({ fetch })(new URL(server.url), {}, ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'invalid-reply' })
    expect(read).not.toHaveBeenCalled()
  })

  it.each([
    ['just short enough', 65_536, 'ok'],
    ['just too long', 65_537, 'invalid-reply'],
  ])('of %s', async (_, bytes, expected) => {
    simulator.setFault('login', { kind: 'oversize-body', bytes })

    const outcome = await clientOf()
      .login(credentials, ample())
      .then(
        () => 'ok',
        (error: { failure: string }) => error.failure,
      )

    expect(outcome).toBe(expected)
  })

  it('has the limit that the caller sets', async () => {
    const outcome = clientOf(10).login(credentials, ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'invalid-reply' })
  })

  it.each([{ kind: 'empty-body' }, { kind: 'malformed-json' }] as const)(
    'of $kind is invalid',
    async (fault) => {
      simulator.setFault('login', fault)

      const outcome = clientOf().login(credentials, ample())

      await expect(outcome).rejects.toMatchObject({ failure: 'invalid-reply', status: 200 })
    },
  )

  it('of an HTML 404 is misrouted', async () => {
    simulator.setFault('login', { kind: 'html404' })

    const outcome = clientOf().login(credentials, ample())

    await expect(outcome).rejects.toMatchObject({ failure: 'misrouted', status: 404 })
  })

  it('with a letter cut in two between pieces is put together', async () => {
    const bytes = new TextEncoder().encode('ä')
    const pieces = new ReadableStream({
      start: (controller) => {
        controller.enqueue(bytes.subarray(0, 1))
        controller.enqueue(bytes.subarray(1))
        controller.close()
      },
    })
    const exchange = createExchange({ fetch: () => Promise.resolve(new Response(pieces)) })

    const { body } = await exchange(new URL(server.url), {}, ample())

    expect(body).toBe('ä')
  })
})
