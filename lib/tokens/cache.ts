// The tokens that one process remembers, by the whole principal.
import { memoryKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import type { Token } from './token.ts'

const mostTokens = 10_000

export type TokenMemory = {
  readonly get: (principal: Principal) => Token | undefined
  /** Keeps the newer of the known and the given token, and returns it. */
  readonly keep: (principal: Principal, token: Token) => Token
  /** Forgets the token of that generation, if it is still the one. */
  readonly drop: (principal: Principal, generation: number) => void
  /** Asks not to look for a better token before `untilMs` of the monotonic clock. */
  readonly rest: (principal: Principal, untilMs: number) => void
  /** Monotonic time until which nobody should look again; 0 without such a wish. */
  readonly restsUntilMs: (principal: Principal) => number
}

export const createTokenMemory = (limit = mostTokens): TokenMemory => {
  const tokens = new Map<string, Token>()
  const rests = new Map<string, number>()
  return {
    get: (principal) => tokens.get(memoryKeyOf(principal)),
    drop: (principal, generation) => {
      const key = memoryKeyOf(principal)
      if (tokens.get(key)?.generation !== generation) return
      tokens.delete(key)
      rests.delete(key)
    },
    rest: (principal, untilMs) => {
      if (tokens.has(memoryKeyOf(principal))) rests.set(memoryKeyOf(principal), untilMs)
    },
    restsUntilMs: (principal) => rests.get(memoryKeyOf(principal)) ?? 0,
    keep: (principal, token) => {
      const key = memoryKeyOf(principal)
      const known = tokens.get(key)
      if (known && !isNewer(token, known)) return known
      tokens.delete(key)
      tokens.set(key, token)
      rests.delete(key)
      if (tokens.size > limit) dropOldest(tokens, rests)
      return token
    },
  }
}

/**
 * By generation where both were published, unless one ended before the other was made; a token of this
 * process alone counts by when it was made.
 */
const isNewer = (token: Token, known: Token): boolean => {
  const published = token.generation > 0 && known.generation > 0
  if (published && token.issuedAtMs < known.expiresAtMs) return token.generation > known.generation
  if (token.issuedAtMs !== known.issuedAtMs) return token.issuedAtMs > known.issuedAtMs
  return token.generation > known.generation
}

const dropOldest = (tokens: Map<string, Token>, rests: Map<string, number>): void => {
  const oldest = tokens.keys().next()
  if (oldest.done) return
  tokens.delete(oldest.value)
  rests.delete(oldest.value)
}
