// The broker as the page calls it: each call with a fresh sign-in token, each answer told by its status.
import type {
  LookerEmbedCookielessSessionData,
  LookerEmbedCookielessTokenData,
} from '@looker/embed-sdk'
import { freshToken } from './people.ts'

export type State = {
  readonly state: 'active' | 'ended' | 'none'
  readonly ends_at: string | null
  readonly reason: string | null
  readonly sign_in_required: boolean
}

export type Watch = {
  /** In words, without any token. */
  readonly onAnswer: (text: string) => void
  /** The tokens of an answer by their lives alone. */
  readonly onTokens: (lives: LookerEmbedCookielessTokenData, isRefresh: boolean) => void
}

export type BrokerCalls = {
  readonly acquire: () => Promise<LookerEmbedCookielessSessionData>
  readonly generate: (
    held: LookerEmbedCookielessTokenData,
  ) => Promise<LookerEmbedCookielessTokenData>
  /** The last tokens that were given; empty before the first. */
  readonly last: () => LookerEmbedCookielessTokenData
  readonly state: () => Promise<State>
  readonly end: () => Promise<void>
}

export const callBroker = (url: string, { onAnswer, onTokens }: Watch): BrokerCalls => {
  let last: LookerEmbedCookielessTokenData = {}

  const call = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const headers: Record<string, string> = { authorization: `Bearer ${await freshToken()}` }
    if (body !== undefined) headers['content-type'] = 'application/json'
    const init = body === undefined ? { method, headers } : { method, headers, body: text(body) }
    const answer = await fetch(`${url}${path}`, { ...init, cache: 'no-store' })
    if (!answer.ok) {
      const why = await reasonOf(answer)
      onAnswer(`${method} ${path}: ${answer.status}, ${why}`)
      throw new Error(why)
    }
    if (method !== 'GET') onAnswer(`${method} ${path}: ${answer.status}`)
    return answer.json()
  }

  return {
    acquire: async () => {
      const given = await call<LookerEmbedCookielessSessionData>('POST', '/acquire-embed-session')
      onTokens((last = given), false)
      return given
    },
    generate: async ({ api_token, navigation_token }) => {
      const held = { api_token, navigation_token }
      const given = await call<LookerEmbedCookielessTokenData>(
        'PUT',
        '/generate-embed-tokens',
        held,
      )
      onTokens((last = given), true)
      return given
    },
    last: () => last,
    state: () => call('GET', '/embed-session'),
    end: async () => {
      await call('DELETE', '/embed-session')
    },
  }
}

const text = (body: unknown): string => JSON.stringify(body)

const reasonOf = async (answer: Response): Promise<string> => {
  try {
    const problem: { detail?: string; title?: string } = await answer.json()
    return problem.detail ?? problem.title ?? 'no reason given'
  } catch {
    return 'no reason given'
  }
}
