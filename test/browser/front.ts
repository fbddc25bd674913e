// TLS in front of everything that a browser visits: one port, and the host name says who answers, for
// some paths of it somebody else. A test file has one, which its tests take in turn.
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { createCertificate, passTo } from '../../local/tls-front.ts'

/**
 * By host, or host and path, the address of a server on loopback, for example `http://127.0.0.1:4000`: it
 * takes the place of host and path.
 */
export type Upstreams = Readonly<Record<string, string>>

export type Seen = {
  readonly method: string
  readonly host: string
  /** Without the query. */
  readonly path: string
  readonly cookie: string | undefined
  /** The device key that the page sent. */
  readonly device: string | undefined
}

export type Front = {
  readonly port: number
  /** All requests so far. */
  readonly seen: readonly Seen[]
  /** Hosts of this list lose their connections, until it is set again. */
  readonly cut: (...hosts: readonly string[]) => void
  /** Hosts of this list answer so, until it is set again: bare of CORS, but for preflights. */
  readonly refuse: (status: number, ...hosts: readonly string[]) => void
  /** The next requests for this path, so many, wait for each other. Preflights do not count. */
  readonly gather: (path: string, count: number) => void
  /** Resolves when no request was under way for a moment. */
  readonly quiet: () => Promise<void>
  readonly close: () => Promise<void>
}

type Gathering = {
  readonly path: string
  readonly count: number
  readonly waiting: (() => void)[]
}

/** On a busy machine a page takes its time from one answer to the next request. */
const quietMs = 120
/** From what happens in a frame to the request of its page. */
const firstLookMs = 25

export const startFront = async (upstreams: Upstreams): Promise<Front> => {
  const seen: Seen[] = []
  let cutHosts: readonly string[] = []
  let refusal: { readonly status: number; readonly hosts: readonly string[] } | undefined
  let gathering: Gathering | undefined
  let open = 0
  let lastAt = performance.now()
  const isBusy = () => open > 0 || performance.now() - lastAt < quietMs

  const server = await (serving ??= serve())
  if (server.listenerCount('request') > 0) throw new Error('Another front of this file is open')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const host = request.headers.host ?? ''
    const target = request.url ?? ''
    const upstream = upstreamOf(upstreams, host, target)
    const [path = ''] = target.split('?')
    const { cookie, 'x-embed-device': device } = request.headers
    seen.push({ method: request.method ?? '', host, path, cookie, device: device?.toString() })
    open += 1
    lastAt = performance.now()
    response.once('close', () => {
      open -= 1
      lastAt = performance.now()
    })
    const go = () => {
      if (upstream === undefined || cutHosts.includes(host)) request.socket.destroy()
      else if (refusal?.hosts.includes(host) === true && request.method !== 'OPTIONS')
        response.writeHead(refusal.status).end()
      else {
        request.url = upstream.pathname + upstream.search
        passTo(upstream.origin)(request, response)
      }
    }
    if (gathering?.path !== path || request.method === 'OPTIONS') return go()
    gathering.waiting.push(go)
    if (gathering.waiting.length < gathering.count) return
    const { waiting } = gathering
    gathering = undefined
    for (const goOn of waiting) goOn()
  })
  return {
    port: portOf(server),
    seen,
    cut: (...hosts) => {
      cutHosts = hosts
    },
    refuse: (status, ...hosts) => {
      refusal = { status, hosts }
    },
    gather: (path, count) => {
      gathering = { path, count, waiting: [] }
    },
    quiet: async () => {
      await wait(firstLookMs)
      while (isBusy()) await wait(firstLookMs)
    },
    close: async () => {
      server.removeAllListeners('request')
      server.closeAllConnections()
    },
  }
}

let serving: Promise<Server> | undefined

// Of the test file that imports this one.
afterAll(async () => {
  const server = await serving
  server?.close()
  server?.closeAllConnections()
})

const serve = async (): Promise<Server> => {
  const server = createServer(await createCertificate())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const portOf = (server: Server): number => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port')
  return address.port
}

const upstreamOf = (upstreams: Upstreams, host: string, target: string): URL | undefined => {
  const asked = host + target
  const isMeant = (key: string) => asked === key || /^[/?]/.test(asked.slice(key.length))
  const [key] = Object.keys(upstreams)
    .filter((name) => asked.startsWith(name) && isMeant(name))
    .toSorted((one, other) => other.length - one.length)
  return key === undefined ? undefined : new URL(upstreams[key] + asked.slice(key.length))
}
