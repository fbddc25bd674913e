// What sessions may do, and what may happen to their tokens meanwhile; and a model that knows whose each
// call must be.
import { Looker40SDK, Looker40SDKStream } from '@looker/sdk'
import * as fc from 'fast-check'
import type { Workspace } from '../../lib/config.ts'
import { failureOf } from '../../lib/sdk/failure.ts'
import type { BrokerSession } from '../../lib/sdk/types.ts'
import { createLeapClock, createSdkStage, named } from './sdk-stage.ts'
import type { SourceKind } from './sdk-stage.ts'

const slots = 5
const slot = fc.nat({ max: slots - 1 })
/** Looker refuses 403, the broker's function forbids 3. */
const user = fc.constantFrom('7', '9', '7', '9', '403', '3')
const operation = fc.constantFrom('me', 'query', 'stream')

export const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('call' as const), at: slot, operation }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('login' as const),
      at: slot,
      userId: fc.option(user, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('logout' as const), at: slot }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reset' as const), at: slot }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('become' as const),
      at: slot,
      from: slot,
      userId: fc.option(user, { nil: undefined }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('move' as const),
      at: slot,
      from: slot,
      workspace: fc.constantFrom<Workspace[]>('production', 'dev'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cold start' as const), at: slot }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('revoke' as const), nth: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revoke all' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('refuse a user' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('leap' as const),
      seconds: fc.constantFrom(31, 565, 595, 3_575, 3_601),
    }),
  },
)

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** Null: the service account. */
type UserId = string | null

type Held = {
  readonly session: BrokerSession
  readonly base: UserId
  /** Whose it may be while the steps of a turn go on: before and after each switch. */
  possible: Set<UserId>
}

export type MadeCall = {
  readonly name: string
  readonly possible: ReadonlySet<UserId>
  readonly workspace: Workspace
  /** User id in the answer, `rows`, or what the call failed with. */
  outcome: string
}

const query = { model: 'thelook', view: 'orders', fields: ['orders.id'], limit: '2' }
const rights = {
  service_account: true,
  users: ['7', '9', '403'],
  workspaces: ['production', 'dev'],
}

const hold = (session: BrokerSession, possible: ReadonlySet<UserId>): Held => ({
  session,
  base: session.userId ?? null,
  possible: new Set(possible),
})

const login = async (one: Held, userId: string | undefined): Promise<void> => {
  one.possible.add(userId ?? one.base)
  await one.session.login(userId).catch(() => {})
}

const logout = async (one: Held): Promise<void> => {
  one.possible.add(one.base)
  await one.session.logout()
}

const reset = (one: Held): void => {
  one.possible.add(one.base)
  one.session.reset()
}

const become = ({ session }: Held, userId: string | undefined): Held => {
  const other = userId === undefined ? session.asServiceAccount() : session.asUser(userId)
  return hold(other, new Set([userId ?? null]))
}

export const createHistory = async (source: SourceKind) => {
  const clock = createLeapClock()
  const stage = await createSdkStage({
    source,
    clock,
    rights,
    looker: { userExpiresInSeconds: 600 },
  })
  const first = stage.sessionOf()
  const held = Array.from({ length: slots }, () => hold(first.asServiceAccount(), new Set([null])))
  const calls: MadeCall[] = []

  const at = (index: number): Held => {
    const one = held[index]
    if (!one) throw new Error(`no session ${index}`)
    return one
  }

  const call = async ({ session, possible }: Held, kind: string): Promise<void> => {
    const name = `call ${calls.length}`
    const made: MadeCall = { name, possible, workspace: session.workspace, outcome: 'none' }
    calls.push(made)
    made.outcome = await outcomeOf(session, kind, name)
  }

  const revoke = (nth: number): void => {
    const digests = Object.keys(stage.looker.record.byTokenDigest())
    stage.looker.revoke(digests[nth % digests.length] ?? '')
  }

  const take = async (next: Step): Promise<void> => {
    if (next.do === 'call') await call(at(next.at), next.operation)
    if (next.do === 'login') await login(at(next.at), next.userId)
    if (next.do === 'logout') await logout(at(next.at))
    if (next.do === 'reset') reset(at(next.at))
    if (next.do === 'become') held[next.at] = become(at(next.from), next.userId)
    if (next.do === 'move') {
      const { session, possible } = at(next.from)
      held[next.at] = hold(session.inWorkspace(next.workspace), possible)
    }
    if (next.do === 'cold start') held[next.at] = hold(stage.sessionOf(), new Set([null]))
    if (next.do === 'revoke') revoke(next.nth)
    if (next.do === 'revoke all') stage.looker.revokeAll()
    if (next.do === 'refuse a user') {
      stage.looker.queueFaults('login_user', { kind: 'status', status: 403 })
    }
    if (next.do === 'leap') clock.leap(next.seconds)
  }

  return {
    calls,
    record: stage.looker.record,
    close: stage.close,
    /** All of them at once, each begun before the next. After it it is certain again whose a session is. */
    turn: async (steps: readonly Step[]): Promise<void> => {
      const before = [...held]
      await Promise.all(steps.map(take))
      for (const one of new Set([...before, ...held])) settle(one)
    },
  }
}

/** Throws if it is now what it was never told to be. */
const settle = (one: Held): void => {
  const userId = one.session.userId ?? null
  if (!one.possible.has(userId)) throw new Error(`a session became ${userId}`)
  one.possible = new Set([userId])
}

const outcomeOf = async (session: BrokerSession, asked: string, name: string): Promise<string> => {
  const sdk = new Looker40SDK(session)
  const body = { result_format: 'json', body: query }
  try {
    if (asked === 'me') return (await sdk.ok(sdk.me(undefined, named(name)))).id ?? 'nobody'
    if (asked === 'query') await sdk.ok(sdk.run_inline_query(body, named(name)))
    else await new Looker40SDKStream(session).run_inline_query((r) => r.text(), body, named(name))
    return 'rows'
  } catch (error) {
    const { kind, status, token } = failureOf(error) ?? {}
    return [kind, status ?? (kind === 'no-token' ? token?.code : undefined)].join(' ').trim()
  }
}
