// Which token made which call: whose it was, and whether it was still good. Tokens appear as digests only.
import type { Workspace } from '../../lib/config.ts'
import { Secret } from '../../lib/secret.ts'
import type { Operation } from './operations.ts'
import type { Standing, Tokens } from './tokens.ts'

type Whose = {
  /** `unknown`: never given out by this Looker. */
  readonly standing: Standing | 'unknown'
  /** Null: the service account, or unknown. */
  readonly userId: string | null
  /** The service account behind a token of a user, else null. */
  readonly sudoUserId: string | null
  /** Null: unknown. */
  readonly workspace: Workspace | null
}

/** One token. Standing and workspace are those of its last call. */
export type TokenUse = Whose & {
  /** While it was live. */
  readonly calls: Partial<Record<Operation, number>>
  /** When it was not. */
  readonly deadCalls: Partial<Record<Operation, number>>
}

/** One call whose header `x-simulator-call` gave it a name, as the token was just then. */
export type NamedCall = Whose & {
  readonly name: string
  readonly operation: Operation
  /** Null: the call carried no token. */
  readonly tokenDigest: string | null
}

export type CallRecord = {
  readonly called: (call: {
    readonly operation: Operation
    readonly token: string | undefined
    readonly name: string | undefined
  }) => void
  readonly byTokenDigest: () => Readonly<Record<string, TokenUse>>
  /** In the order of their arrival. */
  readonly named: () => readonly NamedCall[]
  readonly reset: () => void
}

export const createCallRecord = (tokens: Tokens): CallRecord => {
  const uses = new Map<string, TokenUse>()
  const named: NamedCall[] = []

  const used = (tokenDigest: string, whose: Whose, operation: Operation) => {
    const { calls, deadCalls } = uses.get(tokenDigest) ?? { calls: {}, deadCalls: {} }
    const counts = whose.standing === 'live' ? calls : deadCalls
    counts[operation] = (counts[operation] ?? 0) + 1
    uses.set(tokenDigest, { ...whose, calls, deadCalls })
  }

  return {
    called: ({ operation, token, name }) => {
      const whose = whoseOf(tokens, token)
      const tokenDigest = token === undefined ? null : new Secret(token).digest()
      if (tokenDigest !== null) used(tokenDigest, whose, operation)
      if (name !== undefined) named.push({ ...whose, name, operation, tokenDigest })
    },
    byTokenDigest: () => structuredClone(Object.fromEntries(uses)),
    named: () => [...named],
    reset: () => {
      uses.clear()
      named.length = 0
    },
  }
}

const whoseOf = (tokens: Tokens, token: string | undefined): Whose => {
  const known = token === undefined ? undefined : tokens.recall(token)
  if (!known) return { standing: 'unknown', userId: null, sudoUserId: null, workspace: null }
  const { userId, sudoUserId, workspace } = known.issued
  return {
    standing: known.standing,
    userId: sudoUserId === undefined ? null : userId,
    sudoUserId: sudoUserId ?? null,
    workspace,
  }
}
