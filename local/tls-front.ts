// TLS in front of what a browser visits on this machine: the Embed SDK makes every address of Looker an
// https one. The certificate is made at each start and signed by nobody but itself.
import { once } from 'node:events'
import { request as send, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer } from 'node:https'
import { generate } from 'selfsigned'

export type Certificate = { readonly key: string; readonly cert: string }

/** For localhost, 127.0.0.1 and the given host names. Valid from an hour ago for 30 days. */
export const createCertificate = async (names: readonly string[] = []): Promise<Certificate> => {
  const hourMs = 3_600_000
  const now = Date.now()
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - hourMs),
    notAfterDate: new Date(now + 30 * 24 * hourMs),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...['localhost', ...names].map((value) => ({ type: 2 as const, value })),
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  return { key: made.private, cert: made.cert }
}

export type TlsFront = { readonly port: number; readonly close: () => Promise<void> }

/**
 * Serves on 127.0.0.1; port 0, the default, takes any free one. A `Host` that is neither loopback nor
 * among `names` (host names without a port) gets 403 and never reaches what is behind.
 */
export const startTlsFront = async (options: {
  readonly certificate: Certificate
  readonly answer: RequestListener
  readonly port?: number
  readonly names?: readonly string[]
}): Promise<TlsFront> => {
  const { certificate, answer, port = 0, names = [] } = options
  const known = new Set(['127.0.0.1', 'localhost', ...names])
  const server = createServer(certificate, (request, response) => {
    const host = request.headers.host ?? ''
    if (known.has(host.replace(/:\d+$/, '').toLowerCase())) answer(request, response)
    else response.writeHead(403, { 'content-type': 'text/plain' }).end('Forbidden')
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port')
  return {
    port: address.port,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

/**
 * Hands requests on to a plain http server of this machine, for example `http://127.0.0.1:4000`. A
 * connection that is lost there is lost here.
 */
export const passTo = (origin: string): RequestListener => {
  const { hostname, port, host } = new URL(origin)
  return (request, response) => {
    const { method, url: path } = request
    // What listens on loopback answers to no other name than its own.
    const headers = {
      ...endToEnd(request.headers),
      host,
      'x-forwarded-proto': 'https',
      'x-forwarded-host': request.headers.host,
    }
    const sent = send({ hostname, port, method, path, headers }, (reply) => {
      response.writeHead(reply.statusCode ?? 502, endToEnd(reply.headers))
      reply.pipe(response)
      // A half answer must not look whole.
      reply.on('error', () => response.destroy())
    })
    sent.on('error', () => response.destroy())
    response.on('close', () => sent.destroy())
    request.pipe(sent)
  }
}

const ofOneConnection = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

const endToEnd = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !ofOneConnection.has(name)))
