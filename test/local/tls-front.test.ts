import { createServer, type IncomingHttpHeaders } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCertificate, passTo, startTlsFront, type TlsFront } from '../../local/tls-front.ts'

type Arrived = { readonly headers: IncomingHttpHeaders; readonly body: string }

const arrived: Arrived[] = []
const behind = createServer((incoming, response) => {
  void text(incoming).then((body) => {
    arrived.push({ headers: incoming.headers, body })
    if (incoming.url === '/half') {
      response.writeHead(200, { 'content-length': 100 })
      return response.write('half', () => response.destroy())
    }
    return response
      .writeHead(302, { location: '/embed/dashboards/1', 'x-kept': 'yes' })
      .end('moved')
  })
})
let front: TlsFront

const ask = async (options: RequestOptions, body = '') => {
  const sent = request({ port: front.port, rejectUnauthorized: false, ...options }).end(body)
  const [answer]: IncomingMessage[] = await once(sent, 'response')
  if (!answer) throw new Error('no answer')
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) }
}

beforeAll(async () => {
  behind.listen(0, '127.0.0.1')
  await once(behind, 'listening')
  const address = behind.address()
  const port = typeof address === 'object' ? address?.port : undefined
  front = await startTlsFront({
    certificate: await createCertificate(['looker.vendor.test']),
    answer: passTo(`http://127.0.0.1:${port}`),
    names: ['looker.vendor.test'],
  })
})
afterAll(async () => {
  await front.close()
  behind.close()
})

describe('the TLS front', () => {
  it('hands on headers and bodies as they are, under the name of what is behind', async () => {
    const headers = {
      host: `localhost:${front.port}`,
      'user-agent': 'Browser/1 (of a test)',
      origin: 'https://localhost:4014',
      'x-forwarded-host': 'forged.example',
    }

    const answer = await ask({ method: 'PUT', path: '/login', headers }, '{"a":1}')

    expect(answer).toMatchObject({ status: 302, body: 'moved' })
    expect(answer.headers).toMatchObject({ location: '/embed/dashboards/1', 'x-kept': 'yes' })
    expect(arrived.at(-1)).toMatchObject({
      body: '{"a":1}',
      headers: {
        'user-agent': headers['user-agent'],
        origin: headers.origin,
        'x-forwarded-host': headers.host,
        'x-forwarded-proto': 'https',
        host: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      },
    })
  })

  it.each(['evil.example', 'localhost.evil', '127.0.0.1.evil.example', ''])(
    'refuses the host %j before anything behind it hears of it',
    async (host) => {
      const before = arrived.length

      const answer = await ask({ setHost: false, headers: { host } })

      expect(answer.status).toBe(403)
      expect(arrived).toHaveLength(before)
    },
  )

  it.each(['localhost', '127.0.0.1:1', 'looker.vendor.test', 'LOOKER.vendor.test:4013'])(
    'answers to %s',
    async (host) => {
      expect((await ask({ headers: { host } })).status).toBe(302)
    },
  )

  it('loses the connection that is lost behind it', async () => {
    await expect(ask({ path: '/half' })).rejects.toThrow(/aborted|hang up|reset/i)
  })
})

describe('the certificate', () => {
  it('is for this machine and the given names, and for no other', async () => {
    const { cert } = await createCertificate(['page.customer.test'])
    const certificate = new X509Certificate(cert)

    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect(certificate.checkHost('page.customer.test')).toBe('page.customer.test')
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1')
    expect(certificate.checkHost('evil.example')).toBeUndefined()
    expect(certificate.ca).toBe(false)
  })
})
