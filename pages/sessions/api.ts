// Calls of the API as the administrator who signed in.
import * as v from 'valibot'
import { refusedUnread, tooSlow, troubleOf, unreachable, type Trouble } from './problem-words.ts'
import { parseEnd, parseList, type SessionList } from './session.ts'

/** Something went wrong, with words for people. */
export class ApiTrouble extends Error {
  readonly trouble: Trouble

  constructor(trouble: Trouble) {
    super(trouble.text)
    this.trouble = trouble
  }
}

export type Asked = { readonly user: string | null; readonly cursor: string | null }

/** Errors: `ApiTrouble`. Ends resolve to whether Looker has confirmed. */
export type SessionsApi = {
  readonly list: (asked: Asked) => Promise<SessionList>
  readonly endOne: (id: string) => Promise<boolean>
  readonly endAll: (user: string) => Promise<boolean>
}

const longestMs = 25_000

export const createSessionsApi = (apiUrl: string, token: () => string): SessionsApi => {
  const call = async (method: string, path: string): Promise<unknown> => {
    const answer = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token()}` },
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.timeout(longestMs),
    }).catch(async (error: unknown) => {
      throw new ApiTrouble(await whyUnreadable(apiUrl, error))
    })
    const body: unknown = await answer.json().catch(() => undefined)
    if (!answer.ok) throw new ApiTrouble(troubleOf({ status: answer.status, ...problemIn(body) }))
    return body
  }
  return {
    list: async ({ user, cursor }) => {
      const query = new URLSearchParams()
      if (user !== null) query.set('user', user)
      if (cursor !== null) query.set('cursor', cursor)
      return parseList(await call('GET', `/sessions${query.size > 0 ? `?${query}` : ''}`))
    },
    endOne: async (id) => parseEnd(await call('DELETE', `/sessions/${encodeURIComponent(id)}`)),
    endAll: async (user) =>
      parseEnd(await call('DELETE', `/sessions?${new URLSearchParams({ user })}`)),
  }
}

/**
 * Pages cannot read what the gateway's authorizer refuses: it has no CORS headers. Its open route has them, so who
 * can read that one was refused, and who cannot does not reach the API, or comes from an origin that it does not know.
 */
const whyUnreadable = async (apiUrl: string, error: unknown): Promise<Trouble> => {
  if (error instanceof Error && error.name === 'TimeoutError') return tooSlow
  const signal = AbortSignal.timeout(longestMs)
  const isReadable = await fetch(`${apiUrl}/health`, { credentials: 'omit', signal }).then(
    ({ ok }) => ok,
    () => false,
  )
  return isReadable ? refusedUnread : unreachable
}

const problem = v.object({ type: v.string(), detail: v.string(), request_id: v.string() })

const problemIn = (body: unknown) => {
  const { type, detail, request_id: requestId } = v.is(problem, body) ? body : {}
  return { code: type?.split(':').at(-1), detail, requestId }
}
