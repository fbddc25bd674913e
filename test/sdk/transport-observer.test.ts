// What an observer is told of an answer that shows the request.
import type { IRawResponse } from '@looker/sdk-rtl'
import { expect, it } from 'vitest'
import { authenticate, token, transportOf } from './transport-parts.ts'

it.each([200, 302, 500])(
  'is no token in the headers and the words of a status %i',
  async (status) => {
    const shown = { status, statusText: `No ${token}`, headers: { 'x-request': `Bearer ${token}` } }
    const fetch = async () => new Response('{}', shown)
    const transport = transportOf({ baseUrl: 'https://looker.example' }, { fetch })
    const seen: IRawResponse[] = []
    transport.observer = (raw) => {
      seen.push(raw)
      return raw
    }

    await transport.request('GET', '/api/4.0/user', {}, null, authenticate)

    expect(seen).toMatchObject([
      { statusMessage: 'No [secret]', headers: { 'x-request': 'Bearer [secret]' } },
    ])
    expect(JSON.stringify(seen)).not.toContain(token)
  },
)

it('is no token in the body of an error, however it is spelled', async () => {
  const spelled = Array.from(token).map(
    (letter) => String.raw`\u00${letter.charCodeAt(0).toString(16)}`,
  )
  const fetch = async () =>
    new Response(`{"message":"No ${spelled.join('')}"}`, {
      status: 500,
      headers: { 'content-type': 'application/json' },
    })
  const transport = transportOf({ baseUrl: 'https://looker.example' }, { fetch })

  const result = await transport.request('GET', '/api/4.0/user', {}, null, authenticate)

  expect(result).toMatchObject({ ok: false, error: { message: 'No [secret]' } })
})
