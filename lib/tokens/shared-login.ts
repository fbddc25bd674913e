// One login for everybody: memory, one look-up per process, the table, the lease, the login. The rules
// are in decide.ts and pace.ts; here they are acted upon.
import { BrokerError, KeysError, StoreError } from '../errors.ts'
import { whose } from '../events.ts'
import type { Layer } from '../events.ts'
import type { Lease, TokenItem } from '../store/token-store.ts'
import { deadlineIn } from '../time.ts'
import type { Deadline } from '../time.ts'
import { createLogInAlone } from './alone.ts'
import type { LogInAlone } from './alone.ts'
import { createFlights } from './cache.ts'
import type { Flights } from './cache.ts'
import { decide, isMerelyAging, isSatisfying, isUsable } from './decide.ts'
import type { Decision, Demand, Moment } from './decide.ts'
import { loginError, partError } from './failures.ts'
import { lead } from './lead.ts'
import type { Led } from './lead.ts'
import { createLeaseWatch } from './lease-watch.ts'
import type { LeaseWatch } from './lease-watch.ts'
import type { Base } from './log-in.ts'
import { nextRefusal, pollDelayMs, ttlEpochSeconds } from './pace.ts'
import { clockSkewMs, leaseLengthMs, mayLead } from './parts.ts'
import type { Parts } from './parts.ts'
import { outOfTime, patiently, within } from './patience.ts'
import { baseOf, itemKeyOf, memoryKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import { createTokenReader } from './reader.ts'
import type { TokenReader } from './reader.ts'
import type { Token } from './token.ts'

const agingRestMs = 2_000
const degradedRestMs = 10_000
/** Kept back from the caller's time, so that a fallback beats the deadline. */
const answerReserveMs = 100

/**
 * A token of the principal that has its margin left, from wherever it is cheapest to have.
 * Errors, all `BrokerError`: `looker-refused-credentials`, `looker-refused-user`, `looker-rate-limited`,
 * `looker-unavailable`, `secret-missing`, `login-in-progress` (deadline), `renewal-limited`,
 * `table-throttled`, `table-unavailable`, `keys-unavailable`, `misconfigured`.
 */
export type GetToken = (principal: Principal, demand: Demand, deadline: Deadline) => Promise<Token>

type Tools = Parts & {
  readonly getToken: GetToken
  readonly read: TokenReader
  readonly logInAlone: LogInAlone
  readonly flights: Flights<Token>
}

/** One look-up under way. */
type Search = {
  readonly principal: Principal
  readonly demand: Demand
  readonly deadline: Deadline
  readonly watch: LeaseWatch
  readonly startedMs: number
}

export const createSharedLogin = (parts: Parts): GetToken => {
  const getToken: GetToken = async (principal, demand, deadline) => {
    const held = heldToken(parts, principal, demand)
    if (!held) return joinSearch(tools, principal, demand, deadline)
    parts.report({ name: 'token-served', layer: 'memory', ...whose(principal) })
    return held
  }
  const tools: Tools = {
    ...parts,
    getToken,
    read: createTokenReader(parts),
    logInAlone: createLogInAlone(parts),
    flights: createFlights<Token>(),
  }
  return getToken
}

const momentOf = ({ clock, settings }: Parts, item?: TokenItem): Moment => ({
  item,
  nowAtMs: clock.now(),
  marginMs: settings.marginMs,
})

/** The token in memory, if it is all that is asked for, or if looking for a better one must rest. */
const heldToken = (parts: Parts, principal: Principal, demand: Demand): Token | undefined => {
  const held = parts.memory.get(principal)
  if (!held) return undefined
  const moment = momentOf(parts)
  if (isSatisfying(held, demand, moment)) return held
  const resting = parts.memory.restsUntilMs(principal) > parts.clock.monotonic()
  return resting && demand.renewal !== true && isMerelyAging(held, demand, moment)
    ? held
    : undefined
}

/**
 * One search per process and demand; who joined one that ended for lack of its starter's time begins
 * another.
 */
const joinSearch: (tools: Tools, ...call: Parameters<GetToken>) => Promise<Token> = async (
  tools,
  principal,
  demand,
  deadline,
) => {
  const { minTtlMs, refusedDigest = '', renewal = false } = demand
  const key = [memoryKeyOf(principal), minTtlMs, refusedDigest, renewal].join('\n')
  let started = false
  const start = () => {
    started = true
    return search(tools, principal, demand, deadline)
  }
  for (;;) {
    try {
      return await within(tools.clock, deadline, tools.flights(key, start))
    } catch (error) {
      const timedOut = error instanceof BrokerError && error.code === 'login-in-progress'
      if (started || !timedOut || deadline.remainingMs() === 0) throw error
    }
  }
}

const search: typeof joinSearch = async (tools, principal, demand, deadline) => {
  const watch = createLeaseWatch(tools.clock)
  const startedMs = tools.clock.monotonic()
  const inTime = deadlineIn(tools.clock, deadline.remainingMs() - answerReserveMs)
  try {
    return await fromTable(tools, { principal, demand, deadline: inTime, watch, startedMs })
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof KeysError)) throw error
    return withoutTable(tools, { principal, demand, deadline: inTime }, error)
  }
}

const fromTable = async (tools: Tools, search: Search): Promise<Token> => {
  const { principal, deadline, watch } = search
  const key = itemKeyOf(principal)
  let base: Base | undefined
  let item = await patiently(tools, patienceOf(tools, search), () => tools.store.read(key))
  for (;;) {
    watch.see(item)
    const token = await tools.read(principal, item)
    const refused = await markRefused(tools, search, { item, token })
    if (refused) {
      item = refused.item
      continue
    }
    const decision = await judge(tools, search, { item, token })
    if (decision.act === 'serve') return serve(tools, search, { item, token: decision.token })
    if (decision.act === 'give-up') throw givingUp(tools, decision, item)
    if (decision.act === 'wait') {
      if (deadline.remainingMs() === 0 || !item?.lease) {
        return fallbackOr(tools, search, token, outOfTime())
      }
      item = await waitForLease(tools, search, item, item.lease)
      continue
    }
    if (principal.userId !== undefined && !base) {
      const found = await findBase(tools, search, token)
      if ('fallback' in found) return found.fallback
      base = found.base
      continue
    }
    const led = await tryToLead(tools, search, { item, token, base })
    if ('item' in led) {
      item = led.item
      continue
    }
    if (led.outcome === 'token') return led.token
    return fallbackOr(tools, search, token, loginError(led.reason, led.retryAfterMs))
  }
}

type View = { readonly item: TokenItem | undefined; readonly token: Token | undefined }

/** With a token to fall back on nobody waits for a throttled table. */
const patienceOf = (tools: Tools, { principal, demand, deadline }: Search): Deadline => {
  const held = tools.memory.get(principal)
  return held && isUsable(held, demand, momentOf(tools)) ? { remainingMs: () => 0 } : deadline
}

const judge = async (
  tools: Tools,
  { demand, deadline, watch }: Search,
  { item, token }: View,
): Promise<Decision> =>
  decide(demand, {
    ...momentOf(tools, item),
    token,
    mayLead: mayLead(tools.settings, deadline),
    leaseOver: watch.overInMs(clockSkewMs) === 0,
    newSecret: await hasNewSecret(tools, item),
  })

/** Refused credentials are tried again as soon as the operator has stored another secret. */
const hasNewSecret = async (tools: Tools, item: TokenItem | undefined): Promise<boolean> => {
  const failure = item?.failure
  if (failure?.secretVersion === undefined) return false
  if (failure.notBeforeAtMs <= tools.clock.now()) return false
  return ((await tools.clientSecret.version()) ?? 0) !== failure.secretVersion
}

const serve = async (
  tools: Tools,
  { principal, demand }: Search,
  { item, token }: { item: TokenItem | undefined; token: Token },
): Promise<Token> => {
  const sealedAs = item?.sealed?.generation
  const shared = token.generation > 0 && token.generation === sealedAs
  if (shared && demand.renewal !== true && item?.usedGeneration !== token.generation) {
    await noteUse(tools, principal, token.generation)
  }
  tools.memory.rest(principal, tools.clock.monotonic() + agingRestMs)
  served(tools, principal, 'table')
  return token
}

const served = ({ report }: Tools, principal: Principal, layer: Layer): void =>
  report({ name: 'token-served', layer, ...whose(principal) })

const noteUse = async ({ store }: Tools, principal: Principal, generation: number) => {
  try {
    await store.markUsed(itemKeyOf(principal), generation)
  } catch (error) {
    // Without the mark somebody waits for a login once; with an error nobody would have a token.
    if (!(error instanceof StoreError)) throw error
  }
}

const givingUp = (
  { clock }: Tools,
  { why }: Decision & { act: 'give-up' },
  item: TokenItem | undefined,
): BrokerError => {
  const failure = item?.failure
  if (why === 'no-time' || !failure) return outOfTime()
  return loginError(failure.reason, failure.notBeforeAtMs - clock.now())
}

const waitForLease = async (
  tools: Tools,
  { principal, deadline, watch, startedMs }: Search,
  { loginMs }: TokenItem,
  lease: Lease,
): Promise<TokenItem | undefined> => {
  const observed = { ageMs: watch.ageMs(), overInMs: watch.overInMs(clockSkewMs), loginMs }
  const pauseMs = pollDelayMs(lease, observed, tools.chance())
  await tools.clock.sleep(Math.min(deadline.remainingMs(), pauseMs))
  const waitMs = Math.round(tools.clock.monotonic() - startedMs)
  tools.report({ name: 'lease-waited', wait_ms: waitMs, ...whose(principal) })
  return patiently(tools, deadline, () =>
    tools.store.read(itemKeyOf(principal), { consistent: true }),
  )
}

/**
 * Before a login is due to the caller's report, the table is told: at most one forced renewal in 30 s.
 * The marked token stays, for those to whom Looker does not refuse it. Undefined: nothing to mark.
 */
const markRefused = async (
  tools: Tools,
  { principal, demand }: Search,
  { item, token }: View,
): Promise<{ readonly item: TokenItem | undefined } | undefined> => {
  const { refusedDigest } = demand
  if (refusedDigest === undefined || !token?.secret.hasDigest(refusedDigest)) return undefined
  const { generation } = token
  if (item?.sealed?.generation !== generation) return undefined
  if (item.refused?.generation === generation) return undefined
  const nowAtMs = tools.clock.now()
  const next = nextRefusal(item.refused, generation, nowAtMs)
  if (!next.allowed) {
    const { retryAfterMs } = next
    tools.report({ name: 'renewal-limited', retry_in_ms: retryAfterMs, ...whose(principal) })
    const message = 'A token was reported as refused too soon after the last one.'
    throw new BrokerError('renewal-limited', message, { retryAfterMs })
  }
  tools.report({ name: 'token-refused', generation, ...whose(principal) })
  return tools.store.markRefused(itemKeyOf(principal), { ...next.refusal, nowAtMs })
}

/** The service token is had before the user's lease, and its failures are never the user's. */
const findBase = async (
  tools: Tools,
  search: Search,
  token: Token | undefined,
): Promise<{ readonly base: Base } | { readonly fallback: Token }> => {
  try {
    return { base: await baseFor(tools, search.principal, search.deadline) }
  } catch (error) {
    return { fallback: fallbackOr(tools, search, token, error) }
  }
}

const baseFor = async (
  { getToken }: Tools,
  principal: Principal,
  deadline: Deadline,
): Promise<Base> => {
  const service = baseOf(principal)
  return {
    token: await getToken(service, { minTtlMs: 0 }, deadline),
    replace: (refused) => {
      const refusedDigest = refused.secret.digest()
      return getToken(service, { minTtlMs: 0, refusedDigest }, deadline)
    },
  }
}

const tryToLead = async (
  tools: Tools,
  { principal, demand, deadline, watch }: Search,
  { item, token, base }: View & { readonly base: Base | undefined },
): Promise<Led | { readonly outcome: 'lost'; readonly item: TokenItem | undefined }> => {
  const nowAtMs = tools.clock.now()
  const lengthMs = leaseLengthMs(tools.settings)
  const generation = Math.max((item?.generation ?? 0) + 1, Math.floor(nowAtMs / 1000))
  const holder = { owner: tools.newOwner(), generation }
  const stalled =
    item?.lease && watch.hasStalled() ? { stalled: stalledLease(item, item.lease) } : {}
  const outcome = await patiently(tools, deadline, () =>
    tools.store.takeLease(itemKeyOf(principal), {
      ...holder,
      ...stalled,
      seen: item,
      nowAtMs,
      lengthMs,
      skewMs: clockSkewMs,
      pastNotBefore: (item?.failure?.notBeforeAtMs ?? 0) > nowAtMs,
      ttlEpochSeconds: Math.max(item?.ttlEpochSeconds ?? 0, ttlEpochSeconds(nowAtMs + lengthMs)),
    }),
  )
  if (!outcome.taken) return { outcome: 'lost', item: outcome.item }
  const taken_over = item?.lease !== undefined
  tools.report({ name: 'lease-taken', generation, taken_over, ...whose(principal) })
  return lead(tools, {
    principal,
    holder,
    item: outcome.item,
    presentKey: token?.dataKey ?? tools.memory.get(baseOf(principal))?.dataKey,
    base,
    used: demand.renewal !== true,
    deadline,
  })
}

const stalledLease = ({ generation }: TokenItem, { owner }: Lease) => ({ owner, generation })

/** A token that is still good beats an error, unless Looker refused it to this very caller. */
const fallbackOr = (
  tools: Tools,
  { principal, demand }: Pick<Search, 'principal' | 'demand'>,
  token: Token | undefined,
  error: unknown,
): Token => {
  if (!token || !isUsable(token, demand, momentOf(tools))) throw error
  tools.memory.rest(principal, tools.clock.monotonic() + agingRestMs)
  served(tools, principal, 'memory')
  return token
}

/** Table or keys are away: the token at hand to its end, then a login of this process alone. */
const withoutTable = async (
  tools: Tools,
  call: Pick<Search, 'principal' | 'demand' | 'deadline'>,
  error: StoreError | KeysError,
): Promise<Token> => {
  const { principal, demand, deadline } = call
  tools.report({
    name: 'degraded',
    part: error instanceof KeysError ? 'keys' : 'table',
    ...whose(principal),
  })
  const held = tools.memory.get(principal)
  if (held && isUsable(held, demand, momentOf(tools))) {
    tools.memory.rest(principal, tools.clock.monotonic() + degradedRestMs)
    served(tools, principal, 'memory')
    return held
  }
  // A login of one's own while the table only asks to slow down would be a herd.
  const away = error instanceof KeysError || error.failure === 'unavailable'
  if (!away || demand.renewal === true || !mayLead(tools.settings, deadline)) throw partError(error)
  try {
    const base =
      principal.userId === undefined ? undefined : await baseFor(tools, principal, deadline)
    return await tools.logInAlone(principal, base, deadline)
  } catch (again) {
    throw partError(again)
  }
}
