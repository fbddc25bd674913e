// What the simulated Looker knows of embedding: how it is set up, its users, their sessions and tokens.
import type { Counter } from '../counts.ts'
import { createLoginTokens, type LoginTokens } from './login-tokens.ts'
import { createEmbedSessions, type EmbedSessions } from './sessions.ts'
import { createSettings, type EmbedOptions, type EmbedSettings } from './settings.ts'
import { createShortTokens, type ShortTokens } from './short-tokens.ts'
import { createJwts } from './jwt.ts'
import { createEmbedUsers, type EmbedUsers } from './users.ts'

export type EmbedState = {
  readonly settings: EmbedSettings
  readonly users: EmbedUsers
  readonly sessions: EmbedSessions
  readonly loginTokens: LoginTokens
  readonly shortTokens: ShortTokens
}

export const createEmbedState = (
  options: EmbedOptions,
  now: () => number,
  counter: Counter,
): EmbedState => {
  const settings = createSettings(options)
  const sessions = createEmbedSessions({ now, counter, settings })
  const jwts = createJwts()
  return {
    settings,
    sessions,
    users: createEmbedUsers(counter),
    loginTokens: createLoginTokens({ now, jwts, sessions }),
    shortTokens: createShortTokens({ now, jwts, sessions }),
  }
}
