// What a page does for the life of its session: extends it, and says when its user last did something. The rules
// are in policy.ts; here they are written into the record that was read, or into none.
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { SessionItem } from '../store/session-store.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import type { StateAnswer } from './answers.ts'
import { extensionRefused, inProgress, noPolicy, noSession, toldError } from './failures.ts'
import { createLookerCalls } from './looker-calls.ts'
import { endIfOver } from './over.ts'
import type { EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import { active, extendableAtMs, extended } from './policy.ts'
import type { PolicyTimes } from './policy.ts'
import { createSessionReader } from './reader.ts'
import type { EmbedService } from './service.ts'
import { digestOf, sessionKeyOf } from './session-key.ts'
import type { SessionRecord } from './session-record.ts'
import { stateOf } from './state.ts'
import { createSeal } from './table-keeper.ts'
import { underPolicy } from './under-policy.ts'

/** A page that asks for this has its tokens already, and can ask again. */
const budgetMs = 3_000
/** Others wrote the same record between. */
const mostRounds = 4
/** A report that moves the last activity by less is not worth a write. */
const worthMs = 15_000

/** Undefined: nothing to write. Throws what the caller is to be told. */
type Change = (record: Living, nowAtMs: number) => PolicyTimes | undefined

type Living = SessionRecord & { readonly times: PolicyTimes }

export const createLengthen = (
  parts: EmbedParts,
): Pick<EmbedService, 'extend' | 'noteActivity'> => {
  const { policy } = parts
  if (!policy) return { extend: noPolicy, noteActivity: noPolicy }
  const change = createChange(parts)
  return {
    extend: (caller, deadline) =>
      change(caller, deadline, ({ times, stand }, nowAtMs) => {
        const next = extended(policy, times, nowAtMs)
        if (typeof next !== 'string') return next
        if (next === 'too-late') throw noSession()
        const openMs = stand?.over === false ? extendableAtMs(stand) - nowAtMs : undefined
        throw extensionRefused(next, next === 'too-early' ? openMs : undefined)
      }),
    noteActivity: (caller, { idleSeconds }, deadline) =>
      change(caller, deadline, ({ times }, nowAtMs) => {
        const next = active(policy, times, { idleMs: idleSeconds * 1000, nowAtMs })
        return next.activeAtMs - times.activeAtMs < worthMs ? undefined : next
      }),
  }
}

/** Errors: `not-found` without a living session of this browser, `session-in-progress`, those of the parts. */
const createChange = (parts: EmbedParts) => {
  const { store, service, clock, policy } = parts
  const open = createSessionReader(parts)
  const seal = createSeal(parts)
  const ending = { ...parts, calls: createLookerCalls(parts), read: open }

  const living = async (
    caller: EmbedCaller,
  ): Promise<{ readonly item: SessionItem; readonly record: Living }> => {
    const item = await store.read(sessionKeyOf(service.instance, caller))
    const record = await open(item)
    if (await endIfOver(ending, { item, record })) throw noSession()
    const isThisBrowser = record?.userAgentDigest === digestOf(caller.page.userAgent)
    if (!item || item.ended || !record?.times || !isThisBrowser) throw noSession()
    if (record.expiresAtMs <= clock.now()) throw noSession()
    return { item, record: { ...record, times: record.times } }
  }

  const round = async (caller: EmbedCaller, change: Change): Promise<StateAnswer | undefined> => {
    const { item, record } = await living(caller)
    const nowAtMs = clock.now()
    const times = change(record, nowAtMs)
    if (!times) return stateOf(record, caller, nowAtMs)
    const changed = underPolicy(policy, { ...record, times }, nowAtMs)
    const { applied } = await store.replace(item.key, item, await seal(item, changed))
    return applied ? stateOf(changed, caller, nowAtMs) : undefined
  }

  return async (caller: EmbedCaller, deadline: Deadline, change: Change): Promise<StateAnswer> => {
    const until = atMost(clock, budgetMs, deadline)
    try {
      for (let attempt = 0; attempt < mostRounds; attempt++) {
        const answer = await persistently(parts, until, () => round(caller, change))
        if (answer) return answer
      }
      throw inProgress()
    } catch (error) {
      throw toldError(error)
    }
  }
}
