// How embedding is set up at the simulated Looker, as an administrator would do it. May be changed at
// any time.

export type EmbedSettings = {
  /** Off: the calls answer 403. */
  embedding: boolean
  /** Off: the calls answer 404. */
  cookieless: boolean
  /** Origins that may embed, with `*` for any piece of one. */
  domainAllowlist: readonly string[]
  /** `one`: a new session of an embed user ends the user's other ones. */
  sessionsPerUser: 'one' | 'many'
}

/** Defaults: both on, an empty list, one session a user. */
export type EmbedOptions = Readonly<Partial<EmbedSettings>>

export const createSettings = (options: EmbedOptions): EmbedSettings => ({
  embedding: true,
  cookieless: true,
  domainAllowlist: [],
  sessionsPerUser: 'one',
  ...options,
})
