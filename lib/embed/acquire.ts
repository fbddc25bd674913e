// Acquire, round by round: read, decide, and join, start, wait or refuse. Every round sleeps, or goes on
// with what a write or a call has changed.
import type { SessionItem } from '../store/session-store.ts'
import type { Lease } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import { createLeaseWatch } from '../tokens/lease-watch.ts'
import { pollDelayMs } from '../tokens/pace.ts'
import { patiently } from '../tokens/patience.ts'
import type { AcquireAnswer } from './answers.ts'
import { decide } from './decide.ts'
import type { Decision, View } from './decide.ts'
import { inProgress, sharedError, signInRequired, toldError } from './failures.ts'
import { join } from './join.ts'
import { createLookerCalls } from './looker-calls.ts'
import { endIfOver } from './over.ts'
import { clockSkewMs, startLeaseMs } from './parts.ts'
import type { EmbedParts } from './parts.ts'
import { profileDigestOf } from './profile.ts'
import { createSessionReader } from './reader.ts'
import type { Search, Step, Tools } from './search.ts'
import type { EmbedService } from './service.ts'
import { digestOf, sessionKeyOf } from './session-key.ts'
import { start } from './start.ts'

/** Of sessions in the table: what the page holds is not looked at. */
export const createAcquire = (parts: EmbedParts): EmbedService['acquire'] => {
  const tools = { ...parts, calls: createLookerCalls(parts), read: createSessionReader(parts) }
  return async (caller, { staySignedIn }, deadline) => {
    try {
      return await acquire(tools, searchOf(parts, { caller, wishes: { staySignedIn } }, deadline))
    } catch (error) {
      throw toldError(error)
    }
  }
}

type Asked = Pick<Search, 'caller' | 'wishes'>

const searchOf = (parts: EmbedParts, { caller, wishes }: Asked, deadline: Deadline): Search => {
  const { instance } = parts.service
  const { visitor, page } = caller
  return {
    key: sessionKeyOf(instance, caller),
    caller,
    wishes,
    terms: {
      userAgentDigest: digestOf(page.userAgent),
      profileDigest: profileDigestOf(instance, visitor.user),
      claimsAtMs: visitor.issuedAtMs,
      signedInAtMs: visitor.signedInAtMs,
    },
    deadline,
    watch: createLeaseWatch(parts.clock, startLeaseMs),
    learned: {},
  }
}

const acquire = async (tools: Tools, search: Search): Promise<AcquireAnswer> => {
  let item = await read(tools, search)
  let raceMs: number | undefined
  for (;;) {
    search.watch.see(item, raceMs)
    const view = { item, record: await tools.read(item) }
    const over = await endIfOver(tools, view)
    if (over) {
      item = over.item
      continue
    }
    const step = await round(tools, search, view)
    if ('answer' in step) return step.answer
    item = step.item
    raceMs = step.raceMs
  }
}

const read = ({ store, ...tools }: Tools, { key, deadline }: Search) =>
  patiently(tools, deadline, () => store.read(key))

const round = async (tools: Tools, search: Search, view: View): Promise<Step> => {
  const { terms, watch, deadline, learned } = search
  if (deadline.remainingMs() === 0) throw inProgress()
  const decision = decide(view, terms, {
    nowAtMs: tools.clock.now(),
    sessionsPerUser: tools.sessionsPerUser,
    leaseOver: watch.overInMs(clockSkewMs) === 0,
    mayStart: deadline.remainingMs() >= startLeaseMs,
    ...learned,
  })
  if (decision.act === 'join') return join(tools, search, decision)
  if (decision.act === 'start') return start(tools, search, view, decision.after)
  if (decision.act === 'wait') return { item: await wait(tools, search, view.item) }
  throw refusal(tools, decision, view.item)
}

const refusal = (
  { clock }: Tools,
  { why }: Decision & { act: 'refuse' },
  item: SessionItem | undefined,
) => {
  if (why === 'sign-in-required') return signInRequired()
  const failure = item?.failure
  if (why === 'no-time' || !failure) return inProgress()
  const { reason, retryAtMs } = failure
  const leftMs = retryAtMs === undefined ? undefined : Math.max(1, retryAtMs - clock.now())
  return sharedError(reason, leftMs)
}

/** Paced by the lease of the one who starts: then each joins, with a one-use token of its own. */
const wait = async (
  tools: Tools,
  search: Search,
  item: SessionItem | undefined,
): Promise<SessionItem | undefined> => {
  const { deadline, learned } = search
  if (!item?.lease) throw inProgress()
  learned.waitedFor = item.generation
  const pauseMs = pauseOf(tools, search, item, item.lease)
  await tools.clock.sleep(Math.min(deadline.remainingMs(), pauseMs))
  return read(tools, search)
}

const pauseOf = ({ chance }: Tools, { watch }: Search, item: SessionItem, lease: Lease): number => {
  const overInMs = watch.overInMs(clockSkewMs)
  return pollDelayMs(lease, { ageMs: watch.ageMs(), overInMs, loginMs: item.startMs }, chance())
}
