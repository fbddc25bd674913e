// What the tests of the transport share: a server that answers as it is told, and the real SDK before it.
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import { Looker40SDK, Looker40SDKStream } from '@looker/sdk'
import type { IApiSettings, IAuthSession, IRequestProps, ITransport } from '@looker/sdk-rtl'
import { createTransport } from '../../lib/sdk/transport.ts'
import type { TransportSurroundings } from '../../lib/sdk/transport.ts'
import type { TransportOptions } from '../../lib/sdk/types.ts'
import { systemClock } from '../../lib/system.ts'

export const token = 'token-that-nobody-may-see'

export type Received = Pick<IncomingMessage, 'method' | 'url' | 'headers'> & {
  readonly body: string
}

export const scriptedServer = async (answer: RequestListener) => {
  const received: Received[] = []
  const unfinished = { closed: 0 }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (piece) => (body += piece))
    request.on('end', () => {
      received.push({ method: request.method, url: request.url, headers: request.headers, body })
      answer(request, response)
    })
    response.on('close', () => {
      if (!response.writableFinished) unfinished.closed += 1
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    received,
    /** Answers whose connection was closed before they were complete. */
    unfinished: () => unfinished.closed,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

/** JSON of Looker, each call the next of the list and then the last again. */
export const answers = (
  ...list: readonly {
    readonly status?: number
    readonly headers?: Record<string, string>
    readonly body?: string | Buffer
  }[]
): RequestListener => {
  let at = 0
  return (_request, response) => {
    const { status = 200, headers = {}, body = '{}' } = list[Math.min(at++, list.length - 1)] ?? {}
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body)
  }
}

export const transportOf = (
  options: TransportOptions,
  surroundings: Partial<TransportSurroundings> = {},
): ITransport =>
  createTransport(options, {
    clock: systemClock,
    chance: () => 0,
    fetch: globalThis.fetch,
    ...surroundings,
  })

export const authenticate = async (props: IRequestProps): Promise<IRequestProps> => ({
  ...props,
  headers: { ...props.headers, Authorization: `Bearer ${token}` },
})

/** As little of a session as Looker's SDK needs. */
export const sessionOn = (
  baseUrl: string,
  transport: ITransport,
  given: (props: IRequestProps) => Promise<IRequestProps> = authenticate,
): IAuthSession => {
  const settings: IApiSettings = {
    base_url: baseUrl,
    verify_ssl: true,
    timeout: 20,
    agentTag: '',
    readConfig: () => ({}),
    isConfigured: () => true,
  }
  return {
    settings,
    transport,
    sudoId: '',
    authenticate: given,
    isAuthenticated: () => true,
    isSudo: () => false,
    getToken: async () => undefined,
    login: async () => undefined,
    logout: async () => false,
    reset: () => {},
  }
}

export const sdkOn = (...given: Parameters<typeof sessionOn>) =>
  new Looker40SDK(sessionOn(...given))

export const streamOn = (...given: Parameters<typeof sessionOn>) =>
  new Looker40SDKStream(sessionOn(...given))

/** What it was rejected with. */
export const thrownBy = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing was thrown',
    (error: unknown) => error,
  )

type CountedSignal = {
  readonly signal: AbortSignal
  readonly abort: () => void
  readonly listeners: () => number
}

/** Counts what is left on it. */
export const countedSignal = (): CountedSignal => {
  const controller = new AbortController()
  const { signal } = controller
  const present = new Set<unknown>()
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = (...given: Parameters<typeof add>) => {
    present.add(given[1])
    add(...given)
  }
  signal.removeEventListener = (...given: Parameters<typeof remove>) => {
    present.delete(given[1])
    remove(...given)
  }
  return { signal, abort: () => controller.abort(), listeners: () => present.size }
}
