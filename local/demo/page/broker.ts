// The broker as the page has it: by the helper for pages, with all that it answers told in words.
import { tokensIn, type SessionTokens } from '../../../lib/browser/answers.ts'
import { createBrokerSession, type BrokerSession, type Change } from '../../../lib/browser/index.ts'
import { freshToken } from './people.ts'
import { stays } from './staying.ts'

/** Seconds. */
export type Lives = { readonly navigation: number; readonly api: number; readonly session: number }

export type Watch = {
  readonly onChange: (change: Change) => void
  /** In words, without any token. */
  readonly onAnswer: (text: string) => void
  /** `how`: with tokens for a new frame, or with the next ones for all frames. */
  readonly onTokens: (lives: Lives, how: 'acquired' | 'renewed') => void
}

export type DemoBroker = {
  readonly session: BrokerSession
  /** New tokens for all frames, before any are due. */
  readonly renew: () => Promise<void>
}

export const createBroker = (url: string, { onChange, onAnswer, onTokens }: Watch): DemoBroker => {
  let last: SessionTokens | undefined
  let lastEndAtMs = 0

  const hear = async (route: string, answer: Response): Promise<void> => {
    if (!answer.ok) return onAnswer(`${route}: ${answer.status}, ${await reasonIn(answer)}`)
    if (route === 'GET /embed-session') return
    if (route.includes('/embed-session/')) return onAnswer(`${route}: ${answer.status}`)
    const tokens = tokensIn(await answer.json())
    const isRenewal = route.endsWith('/generate-embed-tokens')
    if (tokens === undefined)
      return onAnswer(`${route}: ${answer.status}${isRenewal ? ', the session is over' : ''}`)
    if (tokens.api_token === last?.api_token)
      return onAnswer(`${route}: ${answer.status}, the same tokens: Looker gives no others now`)
    const early = Math.max(0, Math.round((lastEndAtMs - Date.now()) / 1000))
    const when = isRenewal ? ` ${early} s before the old ones end` : ''
    onAnswer(`${route}: ${answer.status}, new tokens${when}`)
    last = tokens
    lastEndAtMs = Date.now() + Math.min(tokens.api_token_ttl, tokens.navigation_token_ttl) * 1000
    onTokens(livesOf(tokens), isRenewal ? 'renewed' : 'acquired')
  }

  const listening: typeof fetch = async (input, init) => {
    const { method, url: address } = new Request(input, init)
    const route = `${method} ${new URL(address).pathname}`
    try {
      const answer = await fetch(input, init)
      await hear(route, answer.clone())
      return answer
    } catch (error) {
      onAnswer(`${route}: no answer`)
      throw error
    }
  }

  const session = createBrokerSession(
    { url, getToken: freshToken, staySignedIn: stays(), onChange },
    { fetch: listening },
  )
  return {
    session,
    renew: async () => {
      // The helper asks for others when a frame shows it those that it has.
      await session.generate(last)
    },
  }
}

const livesOf = (tokens: SessionTokens): Lives => ({
  navigation: tokens.navigation_token_ttl,
  api: tokens.api_token_ttl,
  session: tokens.session_reference_token_ttl,
})

const reasonIn = async (answer: Response): Promise<string> => {
  try {
    const problem: { detail?: string; title?: string } = await answer.json()
    return problem.detail ?? problem.title ?? 'no reason given'
  } catch {
    return 'no reason given'
  }
}
