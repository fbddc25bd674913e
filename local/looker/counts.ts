// What the simulated Looker has seen so far. Calls are counted on arrival, whatever becomes of them;
// the rest counts what really happened. Tokens appear as digests only.
import { Secret } from '../../lib/secret.ts'
import type { Operation } from './operations.ts'

type Happening =
  | 'logins'
  | 'userLogins'
  | 'failedLogins'
  | 'workspaceSwitches'
  | 'logouts'
  | 'embedUsersCreated'
  | 'embedSessionsStarted'
  | 'embedSessionsJoined'
  | 'embedTokensGenerated'
  | 'embedSessionsEnded' // before their time: by a call, a newer session, an order to the simulator
  | 'embedLogins' // of an iframe, with an authentication token

export type Counts = Readonly<Record<Happening, number>> & {
  readonly calls: Readonly<Partial<Record<Operation, number>>>
  /** Calls that carried a token, valid or not, by the token's SHA-256 in base64url. */
  readonly callsByTokenDigest: Readonly<Record<string, number>>
}

export type Counter = {
  readonly called: (operation: Operation, token: string | undefined) => void
  readonly happened: (what: Happening) => void
  readonly read: () => Counts
  readonly reset: () => void
}

export const createCounter = (): Counter => {
  let counts = nothingYet()
  return {
    called: (operation, token) => {
      counts.calls[operation] = (counts.calls[operation] ?? 0) + 1
      if (token === undefined) return
      const digest = new Secret(token).digest()
      counts.callsByTokenDigest[digest] = (counts.callsByTokenDigest[digest] ?? 0) + 1
    },
    happened: (what) => {
      counts[what] += 1
    },
    read: () => structuredClone(counts),
    reset: () => {
      counts = nothingYet()
    },
  }
}

const nothingYet = () => {
  const calls: Partial<Record<Operation, number>> = {}
  const callsByTokenDigest: Record<string, number> = {}
  return {
    logins: 0,
    userLogins: 0,
    failedLogins: 0,
    workspaceSwitches: 0,
    logouts: 0,
    embedUsersCreated: 0,
    embedSessionsStarted: 0,
    embedSessionsJoined: 0,
    embedTokensGenerated: 0,
    embedSessionsEnded: 0,
    embedLogins: 0,
    calls,
    callsByTokenDigest,
  }
}
