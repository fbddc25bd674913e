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
