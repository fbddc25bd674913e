// A tenant with a session policy: pages, the schedule and administrators, on a clock that the test moves.
import { createAdministration } from '../../lib/embed/administration.ts'
import type { EmbedParts } from '../../lib/embed/parts.ts'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import { createSweepDue } from '../../lib/embed/sweep.ts'
import { resolvedPolicy } from '../../lib/config/session-policy.ts'
import type { WrittenSessionPolicy } from '../../lib/config/session-policy.ts'
import { createLookerEmbedClient } from '../../lib/looker/embed-client.ts'
import type { EmbedCaller } from '../../lib/identity/embed-caller.ts'
import { Secret } from '../../lib/secret.ts'
import { instance, service } from '../scenarios/fleet.ts'
import { startAtMs } from '../scenarios/virtual-fleet.ts'
import { pageCaller } from './page-samples.ts'
import type { Changes } from './page-samples.ts'
import { createWorld } from './session-world.ts'

export { startAtMs }

export const policyOf = (changes: Partial<WrittenSessionPolicy> = {}) =>
  resolvedPolicy(
    {
      session_duration: null,
      max_lifetime: null,
      persistent_sessions: null,
      inactivity_logout: false,
      concurrent_sessions: true,
      session_location: false,
      edge: null,
      ...changes,
    },
    'server',
  )

/** In a browser of that letter; signed in as the test begins. */
export const inBrowser = (letter: string, changes: Changes = {}): EmbedCaller =>
  pageCaller({
    ...changes,
    visitor: { signedInAtMs: startAtMs, ...changes.visitor },
    page: { deviceKey: new Secret(letter.repeat(22)), ...changes.page },
  })

export const ada = inBrowser('a')
export const signedInAt = (signedInAtMs: number, letter = 'a') =>
  inBrowser(letter, { visitor: { signedInAtMs } })

type Options = {
  readonly policy?: Partial<WrittenSessionPolicy> | null
  readonly sessionsPerUser?: 'one' | 'many'
}

export type PolicyWorld = Awaited<ReturnType<typeof createPolicyWorld>>

export const createPolicyWorld = async ({ policy = {}, sessionsPerUser = 'one' }: Options = {}) => {
  const world = await createWorld()
  const { clock, looker, sessions, embedEvents } = world
  looker.state.embed.settings.sessionsPerUser = sessionsPerUser
  const settings = policy && policyOf(policy)
  const coldStart = (changes: Partial<EmbedParts> = {}) =>
    world.coldStart({ policy: settings, sessionsPerUser, ...changes })
  const process = coldStart()
  const store = world.watched
  const partsOf = (changes: Partial<EmbedParts> = {}): EmbedParts => {
    const { sealer, getToken } = world.coldBase()
    return {
      store,
      sealer,
      getToken,
      service,
      looker: createLookerEmbedClient({ baseUrl: instance, fetch: looker.fetch, now: clock.now }),
      clock,
      chance: () => 0.5,
      newOwner: () => crypto.randomUUID(),
      report: (event) => embedEvents.push(event),
      sessionsPerUser,
      policy: settings,
      ...changes,
    }
  }
  return {
    ...world,
    coldStart,
    partsOf,
    process,
    acquire: (caller = ada, wishes = {}, by = process) =>
      clock.run(by.acquire(caller, wishes, world.within())),
    generate: (tokens: Parameters<typeof process.generate>[1], caller = ada, by = process) =>
      clock.run(by.generate(caller, tokens, world.within())),
    state: (caller = ada, by = process) => clock.run(by.state(caller, {}, world.within())),
    extend: (caller = ada, by = process) => clock.run(by.extend(caller, world.within())),
    note: (idleSeconds: number, caller = ada, by = process) =>
      clock.run(by.noteActivity(caller, { idleSeconds }, world.within())),
    end: (caller = ada) => clock.run(process.end(caller, { by: 'user' }, world.within())),
    sweep: (ms = 55_000, changes: Partial<EmbedParts> = {}) =>
      clock.run(createSweepDue(partsOf(changes))(world.within(ms))),
    administration: createAdministration(partsOf()),
    itemOf: (caller = ada) => sessions.read(sessionKeyOf(instance, caller)),
    live: () => looker.state.embed.sessions.countLive(),
    due: async () => {
      const keys: string[] = []
      for await (const { key } of sessions.listDue(clock.now() + 1e12)) keys.push(key.sort)
      return keys
    },
  }
}
