// Embed sessions with the simulated Looker, a table in memory that counts and fails on demand, and a
// clock that the test moves. Each `coldStart` is a process of its own.
import type { GenerateAnswer, TokensAnswer } from '../../lib/embed/answers.ts'
import { createClientSessions } from '../../lib/embed/client-sessions.ts'
import type { EmbedParts } from '../../lib/embed/parts.ts'
import { createServerSessions } from '../../lib/embed/server-sessions.ts'
import type { EmbedService, PageTokens } from '../../lib/embed/service.ts'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import type { EmbedCaller } from '../../lib/identity/embed-caller.ts'
import { createLookerEmbedClient } from '../../lib/looker/embed-client.ts'
import { Secret } from '../../lib/secret.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import { deadlineIn } from '../../lib/time.ts'
import { instance, service } from '../scenarios/fleet.ts'
import { createVirtualFleet } from '../scenarios/virtual-fleet.ts'
import { pageCaller } from './page-samples.ts'
import { watchTable } from './watched-table.ts'

type Answered = { readonly api_token: string; readonly navigation_token: string }

export const tokensOf = (answer: Answered): PageTokens => ({
  apiToken: new Secret(answer.api_token),
  navigationToken: new Secret(answer.navigation_token),
})

/** With `store: client`: the sealed session. */
export const heldOf = ({ session }: { readonly session?: string }) => ({
  session: new Secret(session ?? ''),
})

export const pageOf = (answer: Answered & { readonly session?: string }) => ({
  ...tokensOf(answer),
  ...heldOf(answer),
})

/** The answer, if it has tokens; a test that gets another one has failed. */
export const living = (answer: GenerateAnswer): TokensAnswer => {
  if ('api_token' in answer) return answer
  throw new Error('The session is over.')
}

export type World = Awaited<ReturnType<typeof createWorld>>

export const createWorld = async (kind: 'server' | 'client' = 'server') => {
  const fleet = await createVirtualFleet()
  const { clock, looker } = fleet
  const events: BrokerEvent[] = []
  const sessions = createMemorySessionStore()
  const { table, store } = watchTable(sessions)

  const coldStart = (changes: Partial<EmbedParts> = {}): EmbedService => {
    const { sealer, getToken } = fleet.coldStart()
    const now = clock.now
    const parts: EmbedParts = {
      store,
      sealer,
      getToken,
      service,
      looker: createLookerEmbedClient({ baseUrl: instance, fetch: looker.fetch, now }),
      clock,
      chance: () => 0.5,
      newOwner: () => crypto.randomUUID(),
      report: (event) => events.push(event),
      sessionsPerUser: 'one',
      policy: null,
      ...changes,
    }
    if (kind === 'server') return createServerSessions(parts)
    const { store: _store, ...others } = parts
    return createClientSessions(others)
  }

  const within = (ms = 25_000) => deadlineIn(clock, ms)
  const process = coldStart()
  const ada = pageCaller()

  const lookerCalls = (): number => {
    const { calls } = looker.counts()
    return (
      (calls.acquire_embed_cookieless_session ?? 0) +
      (calls.generate_tokens_for_cookieless_session ?? 0) +
      (calls.delete_embed_cookieless_session ?? 0)
    )
  }

  return {
    ...fleet,
    embedEvents: events,
    sessions,
    watched: store,
    /** What a process has of its own. */
    coldBase: fleet.coldStart,
    table,
    coldStart,
    within,
    process,
    ada,
    lookerCalls,
    kmsCalls: () => fleet.kms.counts().Decrypt + fleet.kms.counts().GenerateDataKey,
    tableCalls: () => Object.values(table.calls).reduce((sum, count) => sum + count, 0),
    acquire: (caller: EmbedCaller = ada, held = {}, by = process) =>
      clock.run(by.acquire(caller, held, within())),
    generate: (tokens: PageTokens & { session?: Secret }, caller = ada, by = process) =>
      clock.run(by.generate(caller, tokens, within())),
    state: (caller: EmbedCaller = ada, held = {}, by = process) =>
      clock.run(by.state(caller, held, within())),
    end: (by: 'user' | 'administrator' = 'user', caller = ada, held = {}) =>
      clock.run(process.end(caller, { ...held, by }, within())),
    itemOfAda: () => sessions.read(sessionKeyOf(instance, ada)),
    seen: (name: BrokerEvent['name']) => events.filter((event) => event.name === name),
  }
}

/** After an acquire, with nothing counted yet. */
export const withSession = async () => {
  const world = await createWorld()
  const acquired = await world.acquire()
  world.table.calls = {}
  world.kms.resetCounts()
  world.looker.state.counter.reset()
  return { ...world, acquired, tokens: tokensOf(acquired) }
}
