// A caller reports a token that Looker refused.
import { BrokerError } from '../errors.ts'
import { whose } from '../events.ts'
import type { TokenItem } from '../store/token-store.ts'
import { ageOf } from './token.ts'
import { forcedRenewalMs, nextRefusal } from './pace.ts'
import { itemKeyOf } from './principal.ts'
import { momentOf } from './search.ts'
import type { Search, Tools, View } from './search.ts'

export type MarkRefused = (
  view: View,
) => Promise<{ readonly item: TokenItem | undefined } | undefined>

/**
 * Before a login is due to the caller's report, the table is told: at most one forced renewal in 30 s.
 * The marked token stays, for those to whom Looker does not refuse it. Undefined: nothing to mark.
 * Errors: `renewal-limited`, `StoreError`.
 */
export const createMarkRefused = (tools: Tools, search: Search): MarkRefused => {
  const { principal } = search
  let tried: number | undefined
  return async (view) => {
    const generation = reportedGeneration(tools, search, view)
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

/** Undefined if the table's token is another one, is marked already, or ends by itself. */
const reportedGeneration = (
  tools: Tools,
  { demand }: Search,
  { item, token }: View,
): number | undefined => {
  const { refusedDigest } = demand
  if (refusedDigest === undefined || !token?.secret.hasDigest(refusedDigest)) return undefined
  if (item?.sealed?.generation !== token.generation) return undefined
  if (item.refused?.generation === token.generation) return undefined
  const { nowAtMs, marginMs } = momentOf(tools)
  return ageOf(token, nowAtMs, marginMs) === 'expired' ? undefined : token.generation
}

const limited = ({ report }: Tools, { principal }: Search, retryAfterMs: number): BrokerError => {
  report({ name: 'renewal-limited', retry_in_ms: retryAfterMs, ...whose(principal) })
  const message = 'A token was reported as refused too soon after the last one.'
  return new BrokerError('renewal-limited', message, { retryAfterMs })
}
