// Calls to the https servers of this machine, whose certificate is signed by nobody else.
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'

export type Answer = {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  /** Empty where the body is. */
  readonly json: Readonly<Record<string, unknown>>
}

export const post = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: object = {},
): Promise<Answer> => {
  const sent = request(url, { method: 'POST', headers, rejectUnauthorized: false })
  sent.end(JSON.stringify(body))
  const [answer]: IncomingMessage[] = await once(sent, 'response')
  if (!answer) throw new Error('no answer')
  const json: Answer['json'] = JSON.parse((await text(answer)) || '{}')
  return { status: answer.statusCode, headers: answer.headers, json }
}
