// An acquire of a page that keeps its session itself: joins the session that it shows, or starts one.
import type { EmbedCaller } from '../identity/embed-caller.ts'
import type { AcquiredSession, EmbedSessionRequest } from '../looker/embed-client.ts'
import { atMost, type Deadline } from '../time.ts'
import type { Token } from '../tokens/token.ts'
import { acquireAnswerOf } from './acquire-answer.ts'
import type { AcquireAnswer } from './answers.ts'
import { clientKeyOf, type ClientRecords } from './client-record.ts'
import { createConfirm } from './confirm.ts'
import { isOfNoUse, toldError } from './failures.ts'
import { createLookerCalls } from './looker-calls.ts'
import { changeOf } from './next-tokens.ts'
import { endMarginMs, startBudgetMs, type EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import { profileDigestOf } from './profile.ts'
import { startRequestOf } from './search.ts'
import type { EmbedService, Held } from './service.ts'
import { digestOf } from './session-key.ts'
import type { SessionRecord } from './session-record.ts'
import { whoseSession } from './whose.ts'

/** A login of the service account, where none is shared, and the start itself. */
const budgetMs = 2 * startBudgetMs + 1_000

type ClientParts = Omit<EmbedParts, 'store'>
type After = 'nothing' | 'end' | 'near-end' | 'other-profile' | 'lost'
type Started = { readonly caller: EmbedCaller; readonly after: After; readonly tookMs: number }

export const createClientAcquire = (
  parts: ClientParts,
  records: ClientRecords,
): EmbedService['acquire'] => {
  const { clock, service, policy } = parts
  const calls = createLookerCalls(parts)
  const endQuietly = createEndQuietly(parts)
  const share = createShare(parts, records)

  // The one rule there is without a record of ours: Looker ends the session itself.
  const requestOf = (caller: EmbedCaller): EmbedSessionRequest => {
    const request = startRequestOf({ policy: null, clock }, { caller, wishes: {} }, undefined)
    return policy ? { ...request, sessionLengthSeconds: policy.session_duration } : request
  }

  const start = async (
    caller: EmbedCaller,
    after: After,
    until: Deadline,
  ): Promise<AcquireAnswer> => {
    const startedMs = clock.monotonic()
    const { session, base } = await calls.acquire(requestOf(caller), until)
    const tookMs = clock.monotonic() - startedMs
    return share({ caller, after, tookMs }, { session, base }, until)
  }

  /** Undefined when Looker lets nobody join with this reference token. */
  const join = async (
    caller: EmbedCaller,
    { record, held }: { readonly record: SessionRecord; readonly held: Held },
    until: Deadline,
  ): Promise<AcquireAnswer | undefined> => {
    const startedMs = clock.monotonic()
    const request = { ...requestOf(caller), reference: record.reference }
    const acquired = await unlessOfNoUse(calls.acquire(request, until))
    if (!acquired) return undefined
    const { session } = acquired
    if (changeOf(record, session) !== 'nothing') {
      const tookMs = clock.monotonic() - startedMs
      return share({ caller, after: 'lost', tookMs }, acquired, until)
    }
    parts.report({ name: 'session-joined', ...whoseSession(clientKeyOf(service.instance, caller)) })
    const answer = acquireAnswerOf(session, record, clock.now())
    return held.session ? { ...answer, session: held.session.reveal() } : answer
  }

  return async (caller, held, deadline) => {
    const until = atMost(clock, budgetMs, deadline)
    try {
      const record = await persistently(parts, until, () => records.open(caller, held))
      const obstacle = obstacleOf(record, termsOf(service.instance, caller), clock.now())
      // Before the start: where Looker keeps one session a user, its end could log out the new one.
      if (record && obstacle === 'other-profile') await endQuietly(caller, record, until)
      if (!record || obstacle) return await start(caller, obstacle ?? 'nothing', until)
      return (await join(caller, { record, held }, until)) ?? (await start(caller, 'lost', until))
    } catch (error) {
      throw toldError(error)
    }
  }
}

type Terms = { readonly profileDigest: string; readonly claimsAtMs: number | undefined }

const termsOf = (instance: string, { visitor }: EmbedCaller): Terms => ({
  profileDigest: profileDigestOf(instance, visitor.user),
  claimsAtMs: visitor.issuedAtMs,
})

/** Why the session is not joined. Claims older than its own join it whatever profile they have. */
const obstacleOf = (
  record: SessionRecord | undefined,
  { profileDigest, claimsAtMs = Infinity }: Terms,
  nowAtMs: number,
): After | undefined => {
  if (!record) return 'nothing'
  if (record.expiresAtMs <= nowAtMs) return 'end'
  if (record.expiresAtMs - nowAtMs <= endMarginMs) return 'near-end'
  if (record.profileDigest === profileDigest || claimsAtMs < record.claimsAtMs) return undefined
  return 'other-profile'
}

const unlessOfNoUse = async <T>(work: Promise<T>): Promise<T | undefined> => {
  try {
    return await work
  } catch (error) {
    if (isOfNoUse(error)) return undefined
    throw error
  }
}

/** Gives the page the sealed session; one that cannot be sealed is ended, for nobody could use it. */
const createShare = (parts: ClientParts, records: ClientRecords) => {
  const { clock, service, report } = parts
  const endQuietly = createEndQuietly(parts)

  return async (
    { caller, after, tookMs }: Started,
    { session, base }: { readonly session: AcquiredSession; readonly base: Token },
    until: Deadline,
  ): Promise<AcquireAnswer> => {
    const whose = whoseSession(clientKeyOf(service.instance, caller))
    report({ name: 'session-started', start_ms: Math.round(tookMs), after, ...whose })
    const record = recordOf(
      { caller, instance: service.instance, nowAtMs: clock.now() },
      session,
      base,
    )
    try {
      const sealed = await records.seal(caller, record)
      return { ...acquireAnswerOf(session, record, clock.now()), session: sealed }
    } catch (error) {
      await endQuietly(caller, record, until)
      throw error
    }
  }
}

const tidyMs = 1_000

/** Best effort and short; what Looker does not confirm is reported. */
const createEndQuietly = (parts: ClientParts) => {
  const { clock, service } = parts
  const confirm = createConfirm(parts)
  return async (caller: EmbedCaller, record: SessionRecord, until: Deadline): Promise<void> => {
    const whose = whoseSession(clientKeyOf(service.instance, caller))
    await confirm({ open: async () => record, whose }, atMost(clock, tidyMs, until))
  }
}

const recordOf = (
  {
    caller,
    instance,
    nowAtMs,
  }: { readonly caller: EmbedCaller; readonly instance: string; readonly nowAtMs: number },
  { reference, unverifiedSessionId: sessionId }: AcquiredSession,
  { dataKey }: Token,
): SessionRecord => ({
  reference: reference.token,
  sessionId,
  userAgentDigest: digestOf(caller.page.userAgent),
  profileDigest: profileDigestOf(instance, caller.visitor.user),
  claimsAtMs: caller.visitor.issuedAtMs ?? nowAtMs,
  startedAtMs: nowAtMs,
  lookerEndsAtMs: nowAtMs + reference.ttlSeconds * 1000,
  expiresAtMs: nowAtMs + reference.ttlSeconds * 1000,
  ...(dataKey ? { dataKey } : {}),
})
