// What the tests of sessions share: a source that answers what it is told to, and a transport that remembers.
import type { IRequestProps, ITransport } from '@looker/sdk-rtl'
import { createSession } from '../../lib/sdk/session.ts'
import type { SessionOptions } from '../../lib/sdk/types.ts'
import { Secret } from '../../lib/secret.ts'
import type { ApiToken, CallLimits, TokenRequest } from '../../lib/sources/token-source.ts'

type Asked = { readonly request: TokenRequest; readonly limits: CallLimits | undefined }

/** Answers `token-of-<user or service>-<workspace>-<n>`, an hour long, by a clock that the test moves. */
export const scriptedSource = () => {
  const asked: Asked[] = []
  const time = { nowAtMs: 0 }
  const answer = {
    lifeMs: 3_600_000,
    before: (_request: TokenRequest): Promise<void> => Promise.resolve(),
    change: (token: ApiToken): ApiToken => token,
  }
  const getToken = async (request: TokenRequest = {}, limits?: CallLimits): Promise<ApiToken> => {
    asked.push({ request, limits })
    const { userId, workspace = 'production' } = request
    const text = `token-of-${userId ?? 'service'}-${workspace}-${asked.length}`
    await answer.before(request)
    const expiresAtMs = time.nowAtMs + answer.lifeMs
    return answer.change({ secret: new Secret(text), expiresAtMs, userId, workspace })
  }
  return { tokens: { getToken }, asked, time, answer }
}

const unused = () => Promise.reject(new Error('not used here'))

/** Sends nothing; keeps the props of every request as the session made them. */
export const rememberingTransport = () => {
  const sent: IRequestProps[] = []
  const transport: ITransport = {
    observer: undefined,
    retry: unused,
    rawRequest: unused,
    parseResponse: unused,
    stream: unused,
    request: async (method, path, _query, body, authenticator) => {
      const props: IRequestProps = { method, url: path, body, headers: {} }
      sent.push((await authenticator?.(props)) ?? props)
      return { ok: true, value: JSON.parse('{}') }
    },
  }
  return { transport, sent }
}

export const together = (options: Partial<SessionOptions> = {}) => {
  const source = scriptedSource()
  const { transport, sent } = rememberingTransport()
  const surroundings = {
    clock: {
      now: () => source.time.nowAtMs,
      monotonic: () => source.time.nowAtMs,
      sleep: () => Promise.resolve(),
    },
    chance: () => 0,
    fetch: () => Promise.reject(new Error('not used here')),
  }
  const session = createSession(
    { baseUrl: 'https://looker.example', tokens: source.tokens, transport, ...options },
    surroundings,
  )
  return { ...source, session, sent, transport, surroundings }
}

export const request = (headers: Record<string, string> = {}): IRequestProps => ({
  method: 'GET',
  url: 'https://looker.example/api/4.0/user',
  headers,
})

/** A wait that the test ends. */
export const gate = () => {
  const releases: (() => void)[] = []
  const opened = new Promise<void>((resolve) => {
    releases.push(resolve)
  })
  return { opened, open: () => releases.forEach((release) => release()) }
}
