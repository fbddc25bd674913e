// A caller reports a token that Looker refused.
import { BrokerError } from '../errors.ts'
import { whose } from '../events.ts'
import type { TokenItem } from '../store/token-store.ts'
import { forcedRenewalMs, nextRefusal } from './pace.ts'
import { itemKeyOf, memoryKeyOf } from './principal.ts'
import { momentOf } from './search.ts'
import type { Search, Tools, View } from './search.ts'
import { ageOf } from './token.ts'
import type { Token } from './token.ts'

export type MarkRefused = (
  view: View,
) => Promise<{ readonly item: TokenItem | undefined } | undefined>

/**
 * Before a login is due to the caller's report, the table is told: at most one forced renewal in 30 s.
 * The marked token stays, for those to whom Looker does not refuse it. A token that only this process
 * knows is paced in this process. Undefined: nothing to mark.
 * Errors: `renewal-limited`, `StoreError`.
 */
export const createMarkRefused = (tools: Tools, search: Search): MarkRefused => {
  const { principal } = search
  let tried: number | undefined
  return async (view) => {
    const reported = reportedToken(tools, search, view)
    if (reported?.generation === 0 && tried !== 0) {
      tried = 0
      paceOwn(tools, search)
    }
    const generation = markable(reported, view)
    if (generation === undefined) return undefined
    // Neither marked by us nor by another: the item's own pace does not fit together.
    if (tried === generation) throw limited(tools, search, forcedRenewalMs)
    tried = generation
    const nowAtMs = tools.clock.now()
    const next = nextRefusal(view.item?.refused, generation, nowAtMs)
    if (!next.allowed) throw limited(tools, search, next.retryAfterMs)
    tools.report({ name: 'token-refused', generation, ...whose(principal) })
    return tools.store.markRefused(itemKeyOf(principal), { ...next.refusal, nowAtMs })
  }
}

/** Undefined if the caller reported another token, or this one ends by itself or was revoked. */
const reportedToken = (
  tools: Tools,
  { demand: { refusedDigest } }: Search,
  { token }: View,
): Token | undefined => {
  if (refusedDigest === undefined || !token?.secret.hasDigest(refusedDigest)) return undefined
  if (token.revoked) return undefined
  const { nowAtMs, marginMs } = momentOf(tools)
  return ageOf(token, nowAtMs, marginMs) === 'expired' ? undefined : token
}

/** Undefined if the table's token is another one, or is marked already. */
const markable = (reported: Token | undefined, { item }: View): number | undefined =>
  item?.sealed?.generation === reported?.generation &&
  item?.refused?.generation !== reported?.generation
    ? reported?.generation
    : undefined

const paceOwn = (tools: Tools, search: Search): void => {
  const key = memoryKeyOf(search.principal)
  const next = nextRefusal(tools.ownRefusals.get(key), 0, tools.clock.now())
  if (!next.allowed) throw limited(tools, search, next.retryAfterMs)
  tools.ownRefusals.set(key, next.refusal)
}

const limited = ({ report }: Tools, { principal }: Search, retryAfterMs: number): BrokerError => {
  report({ name: 'renewal-limited', retry_in_ms: retryAfterMs, ...whose(principal) })
  const message = 'A token was reported as refused too soon after the last one.'
  return new BrokerError('renewal-limited', message, { retryAfterMs })
}
