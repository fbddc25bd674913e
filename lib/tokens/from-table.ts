// The look-up in the table, round by round: read, decide, and serve, wait or lead.
import { StoreError } from '../errors.ts'
import type { BrokerError } from '../errors.ts'
import { whose } from '../events.ts'
import type { Lease, TokenItem } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import { decide, isUsable } from './decide.ts'
import type { Decision } from './decide.ts'
import { loginError } from './failures.ts'
import { lead } from './lead.ts'
import type { Led } from './lead.ts'
import type { Base } from './log-in.ts'
import { pollDelayMs, ttlEpochSeconds } from './pace.ts'
import { clockSkewMs, leaseLengthMs, mayLead } from './parts.ts'
import { outOfTime, patiently } from './patience.ts'
import { baseOf, itemKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import { markRefused } from './refusal.ts'
import { agingRestMs, baseFor, fallbackOr, momentOf, served } from './search.ts'
import type { Search, Tools, View } from './search.ts'
import type { Token } from './token.ts'

export const fromTable = async (tools: Tools, search: Search): Promise<Token> => {
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
