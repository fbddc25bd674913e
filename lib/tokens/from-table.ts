// The look-up in the table, round by round: read, decide, and serve, wait or lead. Every round sleeps, or
// goes on with what a write or a login has changed.
import { BrokerError, StoreError } from '../errors.ts'
import { whose } from '../events.ts'
import type { Lease, TokenItem } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import { decide, isSatisfying, isUsable } from './decide.ts'
import type { Decision } from './decide.ts'
import { loginError } from './failures.ts'
import { isNews } from './given-secret.ts'
import { lead } from './lead.ts'
import { forbidsAttempt, pollDelayMs } from './pace.ts'
import { clockSkewMs, mayLead } from './parts.ts'
import { noPatience, outOfTime, patiently } from './patience.ts'
import { itemKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import { createMarkRefused } from './refusal.ts'
import { agingRestMs, fallbackOr, momentOf, served } from './search.ts'
import type { Search, Tools, View } from './search.ts'
import { takeLease } from './take-lease.ts'
import type { Token } from './token.ts'

/** What a round ends with: the token, or the item to look at next. */
type Step =
  { readonly token: Token } | { readonly item: TokenItem | undefined; readonly raceMs?: number }

/** Errors: `BrokerError`, `StoreError`, `KeysError`. */
export const fromTable = async (tools: Tools, search: Search): Promise<Token> => {
  const key = itemKeyOf(search.principal)
  const markRefused = createMarkRefused(tools, search)
  let item = await patiently(tools, patienceOf(tools, search), () => tools.store.read(key))
  let raceMs: number | undefined
  for (;;) {
    search.watch.see(item, raceMs)
    const view = { item, token: await tools.read(search.principal, item) }
    const next: Step = (await markRefused(view)) ?? (await round(tools, search, view))
    if ('token' in next) return next.token
    item = next.item
    raceMs = next.raceMs
  }
}

/** With a token to fall back on nobody waits for a throttled table. */
const patienceOf = (tools: Tools, { principal, demand, deadline }: Search): Deadline => {
  const held = tools.memory.get(principal)
  return held && isUsable(held, demand, momentOf(tools)) ? noPatience : deadline
}

const round = async (tools: Tools, search: Search, view: View): Promise<Step> => {
  const decision = await judge(tools, search, view)
  if (decision.act === 'serve') {
    return { token: await serve(tools, search, { ...view, token: decision.token }) }
  }
  if (decision.act === 'wait') return waitOrFallBack(tools, search, view)
  if (decision.act === 'lead') return leadOrFallBack(tools, search, view)
  throw givingUp(tools, decision, view.item)
}

const judge = async (
  tools: Tools,
  { demand, deadline, watch }: Search,
  { item, token }: View,
): Promise<Decision> => {
  const moment = momentOf(tools, item)
  const wantsLogin = !token || !isSatisfying(token, demand, moment)
  return decide(demand, {
    ...moment,
    token,
    mayLead: mayLead(tools.settings, deadline),
    leaseOver: watch.overInMs(clockSkewMs) === 0,
    newSecret: wantsLogin && (await hasNewSecret(tools, item)),
  })
}

/** Refused credentials are tried again as soon as the operator has stored another secret. */
const hasNewSecret = async (
  { clock, clientSecret }: Tools,
  item: TokenItem | undefined,
): Promise<boolean> => {
  const refused = item?.failure?.secretVersion
  if (refused === undefined || !forbidsAttempt(item?.failure, clock.now())) return false
  return isNews((await clientSecret.version()) ?? 0, refused)
}

const serve = async (
  tools: Tools,
  { principal, demand }: Search,
  { item, token }: { item: TokenItem | undefined; token: Token },
): Promise<Token> => {
  const isShared = token.generation > 0 && token.generation === item?.sealed?.generation
  if (isShared && demand.renewal !== true && item?.usedGeneration !== token.generation) {
    await noteUse(tools, principal, token.generation)
  }
  if (!isSatisfying(token, demand, momentOf(tools, item))) {
    tools.memory.rest(principal, tools.clock.monotonic() + agingRestMs)
  }
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

const waitOrFallBack = async (
  tools: Tools,
  search: Search,
  { item, token }: View,
): Promise<Step> => {
  if (item?.lease && search.deadline.remainingMs() > 0) {
    return { item: await waitForLease(tools, search, item, item.lease) }
  }
  return { token: fallbackOr(tools, search, token, outOfTime()) }
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

/** Whatever the login ends with, a token that is still good beats an error. */
const leadOrFallBack = async (tools: Tools, search: Search, view: View): Promise<Step> => {
  try {
    return await baseThenLead(tools, search, view)
  } catch (error) {
    if (!(error instanceof BrokerError)) throw error
    return { token: fallbackOr(tools, search, view.token, error) }
  }
}

const baseThenLead = async (tools: Tools, search: Search, view: View): Promise<Step> => {
  const { base } = search
  if (base && !base.token()) {
    await base.find()
    // To be judged again: it may have taken the time of the user's own login.
    return { item: view.item }
  }
  const lease = await takeLease(tools, search, view)
  if (!lease.taken) return { item: lease.item, raceMs: lease.raceMs }
  const led = await lead(tools, lease.leadership)
  if (led.outcome === 'token') return { token: led.token }
  if (led.outcome === 'late') return { item: led.item }
  if (led.outcome === 'failed') throw loginError(led.reason, led.retryAfterMs)
  if (!(await base?.replace())) throw loginError('refused-token', 1_000)
  return { item: await tools.store.read(itemKeyOf(search.principal)) }
}
