// Taking the lease: what is claimed, how long it is insisted on, and what the winner may do with it.
import { whose } from '../events.ts'
import type { LeaseClaim, LeaseOutcome, TokenItem } from '../store/token-store.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import { isMarkedRefused, isUsable } from './decide.ts'
import type { Leadership } from './lead.ts'
import { ttlEpochSeconds } from './pace.ts'
import { clockSkewMs, leaseLengthMs } from './parts.ts'
import { insisting, noPatience, patiently } from './patience.ts'
import { baseOf, itemKeyOf } from './principal.ts'
import { momentOf } from './search.ts'
import type { Search, Tools, View } from './search.ts'
import type { Token } from './token.ts'

export type Taken =
  | { readonly taken: true; readonly leadership: Leadership }
  /** `raceMs`: how long the claim took that lost. */
  | { readonly taken: false; readonly item: TokenItem | undefined; readonly raceMs: number }

/** Errors: `StoreError`. */
export const takeLease = async (tools: Tools, search: Search, view: View): Promise<Taken> => {
  const { principal, demand, base } = search
  const { clock, settings } = tools
  // Both run from before the write, as the lease does: whoever learns late that it won has less time.
  const login = atMost(clock, settings.loginBudgetMs, search.deadline)
  const lease = atMost(clock, leaseLengthMs(settings), search.deadline)
  const claim = claimOf(tools, search, view)
  const startedMs = clock.monotonic()
  const { taken, item } = await write(tools, search, { view, claim })
  if (!taken) {
    const raceMs = clock.monotonic() - startedMs
    return { taken: false, item: await unstuck(tools, view.item, item), raceMs }
  }
  const { owner, generation } = claim
  const taken_over = view.item?.lease !== undefined
  tools.report({ name: 'lease-taken', generation, taken_over, ...whose(principal) })
  const leadership = {
    principal,
    holder: { owner, generation },
    item,
    presentKey: view.token?.dataKey ?? tools.memory.get(baseOf(principal))?.dataKey,
    dead: view.token && isDead(view.token, item) ? view.token : undefined,
    base: base?.token(),
    used: demand.renewal !== true,
    login,
    lease,
  }
  return { taken: true, leadership }
}

const isDead = (token: Token, item: TokenItem | undefined): boolean =>
  token.revoked === true || isMarkedRefused(token, item)

const claimOf = (tools: Tools, { watch }: Search, { item }: View): LeaseClaim => {
  const nowAtMs = tools.clock.now()
  const lengthMs = leaseLengthMs(tools.settings)
  const { lease, failure, generation = 0, ttlEpochSeconds: ttl = 0 } = item ?? {}
  const stalled = lease && watch.hasStalled() ? { owner: lease.owner, generation } : undefined
  return {
    seen: item,
    owner: tools.newOwner(),
    generation: Math.max(generation + 1, Math.floor(nowAtMs / 1000)),
    nowAtMs,
    lengthMs,
    skewMs: clockSkewMs,
    ...(stalled ? { stalled } : {}),
    pastNotBefore: (failure?.notBeforeAtMs ?? 0) > nowAtMs,
    ttlEpochSeconds: Math.max(ttl, ttlEpochSeconds(nowAtMs + lengthMs)),
  }
}

/** With a token to fall back on nobody waits for a throttled table; else while a login still fits. */
const write = (
  tools: Tools,
  { principal, demand, deadline }: Search,
  { view, claim }: { readonly view: View; readonly claim: LeaseClaim },
): Promise<LeaseOutcome> => {
  const hasFallback = view.token && isUsable(view.token, demand, momentOf(tools))
  const untilTooLate: Deadline = {
    remainingMs: () => Math.max(0, deadline.remainingMs() - claim.lengthMs),
  }
  const call = insisting(() => tools.store.takeLease(itemKeyOf(principal), claim))
  return patiently(tools, hasFallback ? noPatience : untilTooLate, call)
}

/** To lose is to learn of a change. Without one, the next round would go the same way at once. */
const unstuck = async (
  { clock, chance }: Tools,
  seen: TokenItem | undefined,
  item: TokenItem | undefined,
): Promise<TokenItem | undefined> => {
  const changed =
    seen?.generation !== item?.generation ||
    seen?.sealed?.generation !== item?.sealed?.generation ||
    seen?.lease?.owner !== item?.lease?.owner ||
    seen?.failure?.notBeforeAtMs !== item?.failure?.notBeforeAtMs
  if (!changed) await clock.sleep(50 + chance() * 50)
  return item
}
