// Joining the session that stands in the table: counted first, so that the limit protects Looker. A join
// with a token that Looker no longer knows is silently a start there, and must be shared as one.
import { KeysError, StoreError } from '../errors.ts'
import type { AcquiredSession } from '../looker/embed-client.ts'
import type { SessionItem } from '../store/session-store.ts'
import { patiently } from '../tokens/patience.ts'
import type { Token } from '../tokens/token.ts'
import { acquireAnswerOf } from './acquire-answer.ts'
import { inProgress, isOfNoUse, signInRequired, tooManyRequests } from './failures.ts'
import { windowLeftMs } from './limit.ts'
import { changeOf } from './next-tokens.ts'
import { isOutdatedElsewhere, settleOthers } from './others.ts'
import { acquireLimit, acquireWindowMs } from './parts.ts'
import { startRequestOf } from './search.ts'
import type { Search, Step, Tools } from './search.ts'
import type { SessionRecord } from './session-record.ts'
import { endQuietly, nextGeneration, recordOf, sealed } from './started.ts'
import { whoseSession } from './whose.ts'

type Joinable = { readonly item: SessionItem; readonly record: SessionRecord }

/** Errors: `BrokerError`, `LookerError`, `StoreError`, `KeysError`. */
export const join = async (tools: Tools, search: Search, joinable: Joinable): Promise<Step> => {
  const { key, deadline, learned } = search
  const { item, changed } = await count(tools, search, joinable)
  if (changed) return { item }
  const { reference } = joinable.record
  const startedMs = tools.clock.monotonic()
  try {
    const request = { ...startRequestOf(tools, search, joinable.record), reference }
    const { session, base } = await tools.calls.acquire(request, deadline)
    if (changeOf(joinable.record, session) !== 'nothing') {
      const startMs = Math.round(tools.clock.monotonic() - startedMs)
      return await shareStart(tools, search, { ...joinable, item, session, base, startMs })
    }
    tools.report({ name: 'session-joined', ...whoseSession(key) })
    return { answer: acquireAnswerOf(session, joinable.record, tools.clock.now()) }
  } catch (error) {
    if (!isOfNoUse(error) || learned.useless !== undefined) throw error
    learned.useless = joinable.item.sealed?.generation ?? 0
    return { item }
  }
}

const count = async (
  tools: Tools,
  { key, terms, deadline }: Search,
  { item: seen }: Joinable,
): Promise<
  | { readonly item: SessionItem; readonly changed: false }
  | { readonly item: SessionItem | undefined; readonly changed: true }
> => {
  const nowAtMs = tools.clock.now()
  const claim = {
    seen,
    nowAtMs,
    windowMs: acquireWindowMs,
    limit: acquireLimit,
    // Claims of another profile join only if they are older: they raise nothing.
    claimsAtMs: terms.claimsAtMs ?? nowAtMs,
  }
  const { outcome, item } = await patiently(tools, deadline, () =>
    tools.store.countAcquire(key, claim),
  )
  if (outcome === 'limited') {
    tools.report({ name: 'acquires-limited', ...whoseSession(key) })
    throw tooManyRequests(windowLeftMs(item?.acquires, nowAtMs))
  }
  return outcome === 'counted' ? { item: item ?? seen, changed: false } : { item, changed: true }
}

type Started = Joinable & {
  readonly session: AcquiredSession
  readonly base: Token
  readonly startMs: number
}

const shareStart = async (tools: Tools, search: Search, started: Started): Promise<Step> => {
  const { key, learned } = search
  const { session, item: seen, startMs } = started
  tools.report({ name: 'session-started', start_ms: startMs, after: 'lost', ...whoseSession(key) })
  const record = recordOf(tools, search, session, started)
  const isOutdated =
    record.profileDigest !== started.record.profileDigest ||
    (await orEnd(tools, key, record, () => isOutdatedElsewhere(tools, search)))
  if (isOutdated) {
    // Older claims may join newer permissions, and must not leave their own in place of them.
    await endQuietly(tools, key, record.reference)
    throw signInRequired()
  }
  const replace = () => replaced(tools, search, started, record)
  const { applied, item } = await orEnd(tools, key, record, replace)
  if (applied) {
    await settleOthers(tools, search, { item, record })
    return { answer: acquireAnswerOf(session, record, tools.clock.now()) }
  }
  await endQuietly(tools, key, record.reference)
  if (learned.hasLost === true) throw inProgress()
  learned.hasLost = true
  return { item: item ?? seen }
}

const replaced = async (
  tools: Tools,
  search: Search,
  { item, base, startMs }: Started,
  record: SessionRecord,
): ReturnType<Tools['store']['replace']> => {
  const { key, deadline } = search
  const nowAtMs = tools.clock.now()
  const generation = nextGeneration(item.generation, nowAtMs)
  const publication = await sealed(tools, search, { record, base, generation })
  const replacement = { ...publication, startMs, generation, nowAtMs }
  return patiently(tools, deadline, () => tools.store.replace(key, item, replacement))
}

/** What stands in the table is a session that Looker has forgotten: the next join comes here again. */
const orEnd = async <T>(
  tools: Tools,
  key: Search['key'],
  { reference }: SessionRecord,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StoreError || error instanceof KeysError) {
      await endQuietly(tools, key, reference)
    }
    throw error
  }
}
