// What the broker answers, read as strictly as the Embed SDK will: it refuses lives that are texts.

/** What a frame lives on. Lives are whole seconds from now. */
export type SessionTokens = {
  readonly api_token: string
  readonly api_token_ttl: number
  readonly navigation_token: string
  readonly navigation_token_ttl: number
  readonly session_reference_token_ttl: number
}

export type AcquiredSession = SessionTokens & {
  readonly authentication_token: string
  readonly authentication_token_ttl: number
}

/** A life of 0 for the session, alone, says that it is over. */
export type GeneratedTokens = SessionTokens | { readonly session_reference_token_ttl: 0 }

export type SessionState = {
  readonly state: 'active' | 'ended' | 'none'
  readonly ends_at: string | null
  readonly ends_in: number
  readonly ended_at: string | null
  readonly reason: string | null
  readonly sign_in_required: boolean
  /** Two minutes before the end; null without a session policy. */
  readonly warn_at: string | null
  readonly warns: 'end' | 'inactivity' | null
  readonly may_extend: boolean
  readonly extends_to: string | null
  /** Null: activity makes no difference. */
  readonly idle_ends_at: string | null
  readonly stays_signed_in: boolean
}

type Fields = Readonly<Record<string, unknown>>

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {}

/** Undefined for what is not five usable fields. */
export const tokensIn = (value: unknown): SessionTokens | undefined => {
  const { api_token, navigation_token, ...lives } = fieldsOf(value)
  const api_token_ttl = secondsIn(lives['api_token_ttl'])
  const navigation_token_ttl = secondsIn(lives['navigation_token_ttl'])
  const session_reference_token_ttl = secondsIn(lives['session_reference_token_ttl'])
  if (!isText(api_token) || !isText(navigation_token)) return undefined
  if (api_token_ttl === undefined || navigation_token_ttl === undefined) return undefined
  if (session_reference_token_ttl === undefined) return undefined
  return {
    api_token,
    api_token_ttl,
    navigation_token,
    navigation_token_ttl,
    session_reference_token_ttl,
  }
}

export const acquiredIn = (value: unknown): AcquiredSession | undefined => {
  const { authentication_token, authentication_token_ttl } = fieldsOf(value)
  const tokens = tokensIn(value)
  if (tokens === undefined || !isText(authentication_token)) return undefined
  const ttl = secondsIn(authentication_token_ttl) ?? 0
  return { ...tokens, authentication_token, authentication_token_ttl: ttl }
}

export const isOver = (value: unknown): boolean =>
  secondsIn(fieldsOf(value)['session_reference_token_ttl']) === 0

export const stateIn = (value: unknown): SessionState | undefined => {
  const fields = fieldsOf(value)
  const { state, ends_at, ends_in, ended_at, reason, warns } = fields
  if (state !== 'active' && state !== 'ended' && state !== 'none') return undefined
  return {
    state,
    ends_at: textOrNull(ends_at),
    ends_in: secondsIn(ends_in) ?? 0,
    ended_at: textOrNull(ended_at),
    reason: textOrNull(reason),
    sign_in_required: fields['sign_in_required'] === true,
    warn_at: textOrNull(fields['warn_at']),
    warns: warns === 'end' || warns === 'inactivity' ? warns : null,
    may_extend: fields['may_extend'] === true,
    extends_to: textOrNull(fields['extends_to']),
    idle_ends_at: textOrNull(fields['idle_ends_at']),
    stays_signed_in: fields['stays_signed_in'] === true,
  }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

const textOrNull = (value: unknown): string | null => (isText(value) ? value : null)

// `Number('')` and `Number(null)` are 0, which would end the session.
const secondsIn = (value: unknown): number | undefined => {
  if (typeof value !== 'number' && !isText(value)) return undefined
  const seconds = Number(value)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined
}
