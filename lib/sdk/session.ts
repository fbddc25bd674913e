// A session for `new Looker40SDK(session)` that never logs in: the parts of Looker's interface, put together.
// Whose it is at a moment is in session-standing.ts, where its tokens come from in session-tokens.ts.
import type { IApiSettings, ITransport } from '@looker/sdk-rtl'
import type { Workspace } from '../config.ts'
import { callSurroundings } from '../sources/surroundings.ts'
import type { Surroundings } from '../sources/surroundings.ts'
import type { TokenSource } from '../sources/token-source.ts'
import { createStanding } from './session-standing.ts'
import { authTokenOf, createSessionTokens } from './session-tokens.ts'
import { parseSession, parseUserId, parseWorkspace } from './settings.ts'
import { createTransport } from './transport.ts'
import type { BrokerSession, SessionOptions, TransportOptions } from './types.ts'

/** Errors: `TokenError` `invalid-options`, at once, naming every mistake. */
export const brokerSession = (options: SessionOptions): BrokerSession =>
  createSession(options, callSurroundings())

export type SessionSurroundings = Pick<Surroundings, 'clock' | 'chance' | 'fetch'>

export const createSession = (
  options: SessionOptions,
  surroundings: SessionSurroundings,
): BrokerSession => {
  const { baseUrl, userId, workspace } = parseSession(options)
  const shared = {
    clock: surroundings.clock,
    tokens: options.tokens,
    baseUrl,
    transport: options.transport ?? createTransport({ ...options, baseUrl }, surroundings),
    settingsOf: () => settingsOf({ ...options, baseUrl }),
  }
  return sessionFor(shared, { userId, workspace })
}

/** What sessions that were made from one another have in common. */
type Shared = Pick<SessionSurroundings, 'clock'> & {
  readonly tokens: TokenSource
  readonly baseUrl: string
  readonly transport: ITransport
  readonly settingsOf: () => IApiSettings
}

type Whose = { readonly userId: string | undefined; readonly workspace: Workspace }

const sessionFor = (shared: Shared, { userId, workspace }: Whose): BrokerSession => {
  const standing = createStanding(userId)
  const { baseUrl } = shared
  const { take, authorize } = createSessionTokens(shared.tokens, { workspace, baseUrl })
  const isAuthenticated = (): boolean => standing.present().endsAtMs > shared.clock.now()

  return {
    // Its own: Looker's SDK writes into it.
    settings: shared.settingsOf(),
    transport: shared.transport,
    workspace,
    get userId() {
      return standing.present().userId
    },
    get sudoId() {
      return standing.sudoId()
    },
    asUser: (id) => sessionFor(shared, { userId: parseUserId(id), workspace }),
    asServiceAccount: () => sessionFor(shared, { userId: undefined, workspace }),
    inWorkspace: (other) =>
      sessionFor(shared, {
        userId: standing.present().userId,
        workspace: parseWorkspace(other),
      }),
    isAuthenticated,
    isSudo: () => standing.sudoId() !== '' && isAuthenticated(),
    reset: standing.reset,
    // Whose it is, is read here and not after a wait.
    authenticate: (props) => authorize(standing.present(), props),
    getToken: async () => authTokenOf(await take(standing.present()), shared.clock.now()),
    login: async (sudoId) => {
      const change = standing.change(sudoId === undefined ? undefined : parseUserId(sudoId))
      const token = await take(change.to)
      change.apply()
      return authTokenOf(token, shared.clock.now())
    },
    logout: async () => {
      const was = isAuthenticated()
      const base = standing.leave()
      // As in Looker's own sessions, whoever ends being a user is logged in as before. Whether the base may
      // have a token is for its own calls to find out.
      if (was && base && base.endsAtMs <= shared.clock.now()) await take(base).catch(() => {})
      return was
    },
  }
}

const settingsOf = ({ baseUrl, timeout, maxTries, headers }: TransportOptions): IApiSettings => ({
  base_url: baseUrl,
  verify_ssl: true,
  timeout: timeout ?? 120,
  maxTries: maxTries ?? 1,
  headers: { ...headers },
  // Empty: Looker's SDK puts its own name and version here.
  agentTag: '',
  readConfig: () => ({}),
  isConfigured: () => true,
})
