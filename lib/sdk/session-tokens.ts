// The tokens of a session: asks the source for whose they shall be, and puts them where Looker's SDK wants them.
import { AuthToken } from '@looker/sdk-rtl'
import type { IRequestHeaders } from '@looker/sdk-rtl'
import type { Workspace } from '../config.ts'
import { TokenError } from '../sources/token-error.ts'
import type { ApiToken, CallLimits, TokenSource } from '../sources/token-source.ts'
import { limits, renewal } from './carried.ts'
import type { CarriedProps } from './carried.ts'
import type { Identity } from './session-standing.ts'

export type SessionTokens = {
  /** Never a token of anybody else: without one of that identity there is an error. */
  readonly take: (identity: Identity, ask?: Ask) => Promise<ApiToken>
  /** The props of one request with the identity's token. Those that were given are left as they are. */
  readonly authorize: (identity: Identity, props: CarriedProps) => Promise<CarriedProps>
}

type Ask = { readonly refused?: string; readonly left?: CallLimits | undefined }

type Place = {
  readonly workspace: Workspace
  /** Where the tokens are sent. */
  readonly baseUrl: string
}

export const createSessionTokens = (
  source: TokenSource,
  { workspace, baseUrl }: Place,
): SessionTokens => {
  const take: SessionTokens['take'] = async (identity, { refused, left } = {}) => {
    const { userId } = identity
    const token = await source.getToken({ userId, workspace, refused }, left)
    assertAsked(token, { userId, workspace, refused })
    assertMeantFor(baseUrl, token)
    identity.endsAtMs = token.expiresAtMs
    return token
  }

  return {
    take,
    authorize: async (identity, props) => {
      const token = await take(identity, { left: props[limits] })
      const refused = token.secret.digest()
      return {
        ...props,
        headers: withAuthorization(props.headers, authorizationOf(token)),
        [renewal]: async (left) => authorizationOf(await take(identity, { refused, left })),
      }
    },
  }
}

/**
 * As Looker's SDK knows tokens. It counts from now, so `expires_in` is what is left, and not how long the token
 * lived when it was new: with that a token that others got before would be used after its end.
 */
export const authTokenOf = ({ secret, expiresAtMs }: ApiToken, nowAtMs: number): AuthToken =>
  new AuthToken({
    access_token: secret.reveal(),
    token_type: 'Bearer',
    expires_in: Math.max(0, Math.floor((expiresAtMs - nowAtMs) / 1000)),
  })

type Asked = Pick<ApiToken, 'userId' | 'workspace'> & { readonly refused: string | undefined }

// Sources promise it. Anybody may write one, and a call as somebody else is the one thing that must not happen.
const assertAsked = (token: ApiToken, { userId, workspace, refused }: Asked): void => {
  const another = token.userId !== userId || token.workspace !== workspace
  if (another) throw new TokenError('broker-answer', 'The token is of another user or workspace')
  if (refused === undefined || !token.secret.hasDigest(refused)) return
  throw new TokenError('broker-answer', 'The token is the one that Looker refused')
}

// Its token would be given to a stranger, and a stranger's 401 would have it replaced for everybody.
const assertMeantFor = (baseUrl: string, token: ApiToken): void => {
  if (token.baseUrl === undefined || token.baseUrl === baseUrl) return
  throw new TokenError(
    'invalid-options',
    'The token is for another Looker than baseUrl (LOOKERSDK_BASE_URL): write looker.base_url of the tenant file',
  )
}

const authorizationOf = ({ secret }: ApiToken): string => `Bearer ${secret.reveal()}`

// However it was spelled before: two would be sent as one value that Looker cannot read.
const withAuthorization = (
  headers: IRequestHeaders | undefined,
  value: string,
): IRequestHeaders => {
  const others = Object.entries(headers ?? {}).filter(
    ([name]) => name.toLowerCase() !== 'authorization',
  )
  return { ...Object.fromEntries(others), Authorization: value }
}
