// The argument of `session:tokens`, as an embedding page sends it.

export type SessionTokens = {
  readonly api_token: string
  readonly api_token_ttl: number
  readonly navigation_token: string
  readonly navigation_token_ttl: number
  readonly session_reference_token_ttl: number
}

/** Undefined when there are no tokens to use: the Embed SDK sends empty fields after a failure. */
export const tokensIn = (value: unknown): SessionTokens | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  const fields: Readonly<Record<string, unknown>> = { ...value }
  const {
    api_token,
    api_token_ttl,
    navigation_token,
    navigation_token_ttl,
    session_reference_token_ttl,
  } = fields
  if (typeof api_token !== 'string' || typeof navigation_token !== 'string') return undefined
  if (typeof api_token_ttl !== 'number' || typeof navigation_token_ttl !== 'number')
    return undefined
  if (typeof session_reference_token_ttl !== 'number') return undefined
  return {
    api_token,
    api_token_ttl,
    navigation_token,
    navigation_token_ttl,
    session_reference_token_ttl,
  }
}
