// The embed users that the simulated Looker has made, by their external ids.
import type { Counter } from '../counts.ts'
import type { EmbedProfile } from './profile.ts'

export type EmbedUser = {
  /** Looker's own. */
  readonly id: string
  readonly externalId: string
  /** As the latest new session told it. */
  profile: EmbedProfile
}

export type EmbedUsers = {
  readonly find: (externalId: string) => EmbedUser | undefined
  /** By Looker's own id. */
  readonly findById: (id: string) => EmbedUser | undefined
  /** Makes the user, or replaces what is known of it. */
  readonly put: (profile: EmbedProfile) => EmbedUser
  readonly remove: (user: EmbedUser) => void
}

const firstId = 5_001

export const createEmbedUsers = (counter: Counter): EmbedUsers => {
  const users = new Map<string, EmbedUser>()
  let nextId = firstId

  const create = (profile: EmbedProfile): EmbedUser => {
    const externalId = profile.external_user_id
    const user = { id: String(nextId++), externalId, profile }
    users.set(externalId, user)
    counter.happened('embedUsersCreated')
    return user
  }

  return {
    find: (externalId) => users.get(externalId),
    findById: (id) => [...users.values()].find((user) => user.id === id),
    put: (profile) => {
      const user = users.get(profile.external_user_id) ?? create(profile)
      user.profile = profile
      return user
    },
    remove: ({ externalId }) => void users.delete(externalId),
  }
}
