// How long a session of a tenant can live at Looker. Pure.
import type { EmbedSettings } from './embed.ts'
import { mostSeconds } from './session-policy.ts'

/** Seconds. With a length that a claim names, Looker's longest. */
export const longestSessionSeconds = ({ session_policy, user, roles }: EmbedSettings): number => {
  if (session_policy) {
    const { max_lifetime, stay_lifetime, persistent_sessions } = session_policy
    return persistent_sessions ? Math.max(max_lifetime, stay_lifetime) : max_lifetime
  }
  const profiles = [user, ...Object.values(roles?.values ?? {})]
  const lengths = profiles.flatMap(({ session_length }) => session_length ?? [])
  return Math.max(...lengths.map((length) => (typeof length === 'number' ? length : mostSeconds)))
}
