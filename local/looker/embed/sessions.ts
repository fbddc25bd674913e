// The cookieless sessions of the simulated Looker: from their start to their end, whichever way that comes.
import { randomBytes } from 'node:crypto'
import type { Counter } from '../counts.ts'
import type { EmbedSettings } from './settings.ts'
import type { EmbedUser } from './users.ts'

export type EmbedSession = {
  /** `sub` of its tokens. */
  readonly id: string
  readonly referenceToken: string
  readonly user: EmbedUser
  readonly userAgent: string
  readonly expiresAtMs: number
}

export type EmbedSessions = {
  readonly start: (user: EmbedUser, userAgent: string, seconds: number) => EmbedSession
  /** Undefined for a reference that is unknown, ended or expired. */
  readonly find: (referenceToken: string) => EmbedSession | undefined
  readonly findById: (id: string) => EmbedSession | undefined
  readonly end: (session: EmbedSession) => void
  readonly endOf: (user: EmbedUser) => void
  readonly endAll: () => void
  readonly countLive: () => number
}

type Parts = {
  readonly now: () => number
  readonly counter: Counter
  readonly settings: Readonly<EmbedSettings>
}

export const createEmbedSessions = ({ now, counter, settings }: Parts): EmbedSessions => {
  const byReference = new Map<string, EmbedSession>()

  const live = () => [...byReference.values()].filter(({ expiresAtMs }) => expiresAtMs > now())

  const end = ({ referenceToken }: EmbedSession) => {
    if (byReference.delete(referenceToken)) counter.happened('embedSessionsEnded')
  }

  const endOf = (user: EmbedUser) =>
    live()
      .filter((session) => session.user === user)
      .forEach(end)

  return {
    start: (user, userAgent, seconds) => {
      if (settings.sessionsPerUser === 'one') endOf(user)
      const session = {
        id: randomBytes(16).toString('hex'),
        referenceToken: randomBytes(48).toString('base64url'),
        user,
        userAgent,
        expiresAtMs: now() + seconds * 1000,
      }
      byReference.set(session.referenceToken, session)
      counter.happened('embedSessionsStarted')
      return session
    },
    find: (referenceToken) => live().find((session) => session.referenceToken === referenceToken),
    findById: (id) => live().find((session) => session.id === id),
    end,
    endOf,
    endAll: () => live().forEach(end),
    countLive: () => live().length,
  }
}
