// How embedding is set up at the simulated Looker, as an administrator would do it. May be changed at
// any time.

export type EmbedSettings = {
  /** Off: the calls answer 403. */
  embedding: boolean
  /** Embed SSO authentication. Off: the calls answer 403. */
  signedEmbedding: boolean
  /** Off: the calls answer 404. */
  cookieless: boolean
  /** Origins that may embed, with `*` for any piece of one. */
  domainAllowlist: readonly string[]
  /** `one`: a new session of an embed user ends the user's other ones. */
  sessionsPerUser: 'one' | 'many'
  /** Off: new tokens are given to whatever browser asks, as no real Looker does. */
  checksUserAgent: boolean
}

/** Defaults: all on, an empty list, one session a user. */
export type EmbedOptions = Readonly<Partial<EmbedSettings>>

export const createSettings = (options: EmbedOptions): EmbedSettings => ({
  embedding: true,
  signedEmbedding: true,
  cookieless: true,
  domainAllowlist: [],
  sessionsPerUser: 'one',
  checksUserAgent: true,
  ...options,
})
