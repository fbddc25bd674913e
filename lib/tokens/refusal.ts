// A caller reports a token that Looker refused.
import { BrokerError } from '../errors.ts'
import { whose } from '../events.ts'
import type { TokenItem } from '../store/token-store.ts'
import { nextRefusal } from './pace.ts'
import { itemKeyOf } from './principal.ts'
import type { Search, Tools, View } from './search.ts'

/**
 * Before a login is due to the caller's report, the table is told: at most one forced renewal in 30 s.
 * The marked token stays, for those to whom Looker does not refuse it. Undefined: nothing to mark.
 */
export const markRefused = async (
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
