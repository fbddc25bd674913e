// The tokens that the page holds, and when they need to be new. Pure.
import type { SessionTokens } from './answers.ts'

export type Held = {
  readonly tokens: SessionTokens
  readonly apiEndsAtMs: number
  readonly navigationEndsAtMs: number
  readonly sessionEndsAtMs: number
  /** When the next ones are fetched. */
  readonly dueAtMs: number
}

/** Before the Embed SDK asks by itself, which it does 120 s before the end. */
const leadMs = 150_000
/** Of tokens with less life than twice the lead, at half of it; but never in a hurry. */
const shortestMs = 10_000

export const hold = (tokens: SessionTokens, nowAtMs: number): Held => {
  const { api_token_ttl, navigation_token_ttl, session_reference_token_ttl } = tokens
  const lifeMs = 1000 * Math.min(api_token_ttl, navigation_token_ttl, session_reference_token_ttl)
  const waitMs = lifeMs < 2 * leadMs ? lifeMs / 2 : lifeMs - leadMs
  return {
    tokens,
    apiEndsAtMs: nowAtMs + api_token_ttl * 1000,
    navigationEndsAtMs: nowAtMs + navigation_token_ttl * 1000,
    sessionEndsAtMs: nowAtMs + session_reference_token_ttl * 1000,
    dueAtMs: nowAtMs + Math.max(shortestMs, waitMs),
  }
}

/** When the first of them ends. Tokens with a very short life end before the next are due. */
export const endsAtMs = ({ apiEndsAtMs, navigationEndsAtMs, sessionEndsAtMs }: Held): number =>
  Math.min(apiEndsAtMs, navigationEndsAtMs, sessionEndsAtMs)

/** With the lives that are left; at least 1 s, for the Embed SDK never asks again after a 0. */
export const left = (held: Held, nowAtMs: number): SessionTokens => {
  const secondsTo = (atMs: number) => Math.max(1, Math.floor((atMs - nowAtMs) / 1000))
  return {
    ...held.tokens,
    api_token_ttl: secondsTo(held.apiEndsAtMs),
    navigation_token_ttl: secondsTo(held.navigationEndsAtMs),
    session_reference_token_ttl: secondsTo(held.sessionEndsAtMs),
  }
}

/** 2 s, 4 s … 30 s, of which a random part is left out: all pages of a tenant try again after an outage. */
export const pauseMs = (attempt: number, atLeastMs: number, random: number): number =>
  Math.max(atLeastMs, Math.min(30_000, 2000 * 2 ** Math.min(attempt, 5)) * (1 - random / 2))
