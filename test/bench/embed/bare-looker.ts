// The floor: the calls of a page's server at Looker and nothing else, by somebody who knows all tokens.
import * as v from 'valibot'
import type { Contestant, Tokens } from './page.ts'

export type BareOptions = {
  readonly lookerUrl: string
  /** Of the service account. */
  readonly apiToken: string
  readonly userAgent: string
  /** As for `POST /embed/cookieless_session/acquire`. */
  readonly user: object
}

const schema = v.looseObject({ session_reference_token: v.string() })

export const createBareLooker = ({
  lookerUrl,
  apiToken,
  userAgent,
  user,
}: BareOptions): Contestant => {
  let reference: string | undefined

  const call = async (method: string, path: string, body: object) => {
    const startedMs = performance.now()
    const reply = await fetch(`${lookerUrl}/api/4.0/embed/cookieless_session/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${apiToken}`,
        'content-type': 'application/json',
        'user-agent': userAgent,
      },
      body: JSON.stringify(body),
    })
    const answer = v.parse(schema, await reply.json())
    reference = answer.session_reference_token
    return { ms: performance.now() - startedMs, answer }
  }

  return {
    name: 'Looker alone',
    acquire: () =>
      call('POST', 'acquire', {
        ...user,
        ...(reference !== undefined && { session_reference_token: reference }),
      }),
    generate: (tokens: Tokens) =>
      call('PUT', 'generate_tokens', { ...tokens, session_reference_token: reference }),
  }
}
