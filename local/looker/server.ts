// The simulated Looker as a whole: for tests in one process by its `fetch`, for everything else as an
// HTTP server on loopback.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { loopbackOnly } from '../loopback-only.ts'
import { htmlNotFound } from './answers.ts'
import { createApi } from './api.ts'
import { createControl } from './control.ts'
import type { Counts } from './counts.ts'
import { createEmbedContent } from './embed/content.ts'
import { createEmbedLogin } from './embed/login.ts'
import { createWho } from './embed/who.ts'
import type { Fault, FaultTarget } from './faults.ts'
import type { CallRecord } from './record.ts'
import {
  createState,
  type LookerSimulatorOptions,
  type SimulatorClock,
  type SimulatorState,
} from './state.ts'

export type LookerSimulator = {
  /** Answers as the server would, without one; an abort signal is obeyed. */
  readonly fetch: typeof globalThis.fetch
  readonly state: SimulatorState
  readonly clock: SimulatorClock
  readonly counts: () => Counts
  /** Which token made which call. */
  readonly record: Pick<CallRecord, 'byTokenDigest' | 'named'>
  /** Stands until `clearFaults`. */
  readonly setFault: (target: FaultTarget, fault: Fault) => void
  /** One call each, before any standing fault. */
  readonly queueFaults: (target: FaultTarget, ...faults: Fault[]) => void
  readonly clearFaults: () => void
  readonly revokeAll: () => void
  /** By its digest, as in the record of calls. False if no live token has it. */
  readonly revoke: (digest: string) => boolean
  /** On 127.0.0.1; port 0, the default, takes any free one. */
  readonly listen: (port?: number) => Promise<ListeningSimulator>
}

export type ListeningSimulator = {
  readonly url: string
  /** Answers whose connection was closed before they were complete. */
  readonly unfinishedAnswers: () => number
  readonly close: () => Promise<void>
}

export const createLookerSimulator = (options: LookerSimulatorOptions = {}): LookerSimulator => {
  const state = createState(options)
  const app = createApp(state)
  return {
    fetch: (input, init) => {
      const request = new Request(input, init)
      return Promise.race([app.fetch(request), abortOf(request.signal)])
    },
    state,
    clock: state.clock,
    counts: state.counter.read,
    record: state.record,
    setFault: state.faults.set,
    queueFaults: (target, ...faults) => state.faults.queue(target, faults),
    clearFaults: state.faults.clear,
    revokeAll: state.tokens.revokeAll,
    revoke: state.tokens.revokeDigest,
    listen: (port = 0) => listen(app, port),
  }
}

const createApp = (state: SimulatorState): Hono => {
  const app = new Hono()
  app.use(loopbackOnly())
  app.use(async (context, next) => {
    await next()
    tellTime(context.res, state)
  })
  app.route('/api/4.0', createApi(state))
  app.route('/api/internal/embed/who', createWho(state))
  app.route('/login/embed', createEmbedLogin(state))
  app.route('/embed', createEmbedContent(state))
  app.route('/simulator', createControl(state))
  app.notFound(htmlNotFound)
  // Out of `fetch` as an exception, which is how a lost connection looks to its caller.
  app.onError((error) => {
    throw error
  })
  return app
}

/** By the simulated Looker's own clock. */
const tellTime = (answer: Response, { clock }: SimulatorState): void =>
  answer.headers.set('date', new Date(clock.now()).toUTCString())

const abortOf = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })

const listen = async (app: Hono, port: number): Promise<ListeningSimulator> => {
  const server = createAdaptorServer({ fetch: app.fetch })
  let unfinished = 0
  server.on('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    // Not `writableFinished`: it is true for what was still waiting when the socket was destroyed.
    answer.on('close', () => {
      if (socket.destroyed) unfinished += 1
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    unfinishedAnswers: () => unfinished,
    close: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
