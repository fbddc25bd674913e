// Embed sessions as a fleet has them: processes with nothing in common but the table, KMS and Looker, on
// a clock that the test moves. The table can be made to fail, each of its operations apart.
import { randomBytes } from 'node:crypto'
import type { AcquireAnswer } from '../../lib/embed/answers.ts'
import { createAcquire } from '../../lib/embed/acquire.ts'
import type { EmbedParts } from '../../lib/embed/parts.ts'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import type { EmbedService } from '../../lib/embed/service.ts'
import { BrokerError, KeysError } from '../../lib/errors.ts'
import type { EmbedCaller, PageRequest, Visitor } from '../../lib/identity/embed-caller.ts'
import { createLookerEmbedClient } from '../../lib/looker/embed-client.ts'
import type { EmbedUser } from '../../lib/looker/embed-client.ts'
import { Secret } from '../../lib/secret.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { createMemoryTokenStore } from '../../lib/store/memory-token-store.ts'
import { deadlineIn } from '../../lib/time.ts'
import type { KmsPort } from '../../lib/crypto/keys.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { createFleet, instance, service } from '../scenarios/fleet.ts'
import { watchTable } from './watched-table.ts'

export const startAtMs = 1_700_000_000_000
export const embedLatencyMs = 200

export type Process = { readonly acquire: EmbedService['acquire'] }
export type Outcome =
  | { readonly code: 'ok'; readonly answer: AcquireAnswer }
  | { readonly code: string; readonly error: BrokerError }

type Options = {
  readonly sessionsPerUser?: 'one' | 'many'
  readonly wrap?: (store: SessionStore) => SessionStore
  /** Changes what one process sees of the world. */
  readonly parts?: (parts: EmbedParts, index: number) => EmbedParts
}

export const callerOf = (
  changes: {
    readonly user?: Partial<EmbedUser>
    readonly visitor?: Partial<Visitor>
    readonly page?: Partial<PageRequest>
    readonly device?: string
  } = {},
): EmbedCaller => ({
  visitor: {
    user: { external_user_id: 'ann', models: ['shop'], ...changes.user },
    sessionLengthSeconds: 3_600,
    issuedAtMs: startAtMs,
    signedInAtMs: startAtMs,
    deviceClaim: undefined,
    domains: undefined,
    ...changes.visitor,
  },
  page: {
    userAgent: 'Browser/1',
    embedDomain: 'https://app.example.com',
    deviceKey: new Secret(changes.device ?? 'device-1'),
    ...changes.page,
  },
})

export type EmbedFleet = Awaited<ReturnType<typeof createEmbedFleet>>

export const createEmbedFleet = async (options: Options = {}) => {
  const { sessionsPerUser = 'one', wrap = (store: SessionStore) => store } = options
  const clock = createFakeClock(startAtMs)
  const kms = { down: false }
  const fleet = await createFleet({
    clock,
    store: createMemoryTokenStore(),
    looker: { embed: { sessionsPerUser } },
    services: (services) => ({ ...services, kms: breakable(services.kms, kms) }),
  })
  const { looker, events } = fleet
  const memory = createMemorySessionStore()
  const { table, store } = watchTable(wrap(memory))
  // The calls themselves take no time at the simulator, and then nobody would ever wait.
  const slowFetch: typeof fetch = async (...request) => {
    await clock.sleep(embedLatencyMs)
    return looker.fetch(...request)
  }
  let made = 0
  const coldStart = (): Process => {
    const broker = fleet.coldStart()
    const parts: EmbedParts = {
      store,
      sealer: broker.sealer,
      getToken: broker.getToken,
      service,
      looker: createLookerEmbedClient({ baseUrl: instance, fetch: slowFetch, now: clock.now }),
      clock,
      chance: () => 0.5,
      newOwner: () => randomBytes(16).toString('base64url'),
      report: (event) => events.push(event),
      sessionsPerUser,
      policy: null,
    }
    made += 1
    return { acquire: createAcquire(options.parts ? options.parts(parts, made - 1) : parts) }
  }
  const outcome = async (one: Process, caller = callerOf(), limitMs = 12_000): Promise<Outcome> => {
    try {
      return { code: 'ok', answer: await one.acquire(caller, {}, deadlineIn(clock, limitMs)) }
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error
      return { code: error.code, error }
    }
  }
  const { sessions, loginTokens } = looker.state.embed
  return {
    ...fleet,
    clock,
    brokenKms: kms,
    memory,
    table,
    coldStart,
    outcome,
    /** The service account's token is in the table from now on. */
    logIn: () => clock.run(fleet.ask(fleet.coldStart())),
    /** One acquire in a process of its own, from start to end. */
    acquired: (caller = callerOf(), one = coldStart()) => clock.run(outcome(one, caller)),
    itemOf: (caller = callerOf()) => memory.read(sessionKeyOf(instance, caller)),
    /** The session into which the answer's authentication token logs an iframe. */
    loggedIn: (result: Outcome, userAgent = 'Browser/1') =>
      loginTokens.redeem(answerOf(result).authentication_token, userAgent),
    started: () => looker.counts().embedSessionsStarted,
    sessions,
    after: () => events.flatMap((event) => (event.name === 'session-started' ? [event.after] : [])),
    joins: () => events.filter(({ name }) => name === 'session-joined').length,
    /** Why sessions ended, as it was reported. */
    reasons: () =>
      events.flatMap((event) => (event.name === 'session-ended' ? [event.reason] : [])),
  }
}

export const answerOf = (result: Outcome): AcquireAnswer => {
  if ('answer' in result) return result.answer
  throw new Error(`no answer, but ${result.code}`)
}

const breakable = (kms: KmsPort, broken: { readonly down: boolean }): KmsPort => {
  const assertUp = () => {
    if (broken.down) throw new KeysError('KMS is down')
  }
  return {
    generate: async (context) => {
      assertUp()
      return kms.generate(context)
    },
    decrypt: async (...wrapped) => {
      assertUp()
      return kms.decrypt(...wrapped)
    },
  }
}
