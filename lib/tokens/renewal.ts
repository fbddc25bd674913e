// The scheduled run: renews before their end the tokens that somebody used, and lets go of the others.
import type { Report } from '../events.ts'
import type { DueToken, TokenStore } from '../store/token-store.ts'
import type { Clock, Deadline } from '../time.ts'
import { leaseLengthMs } from './parts.ts'
import type { Settings } from './parts.ts'
import { principalOf } from './principal.ts'
import type { Principal } from './principal.ts'
import type { GetToken } from './get-token.ts'
import { renewalDueAtMs } from './token.ts'

/** Logins of one run at the same time: enough for hundreds a minute, gentle to Looker. */
const workers = 4

export type RenewalReport = {
  readonly due: number
  readonly renewed: number
  readonly dropped: number
  readonly failed: number
  /** Due, but the time of this run was over. The next run takes them. */
  readonly left: number
}

export type RenewDue = (deadline: Deadline) => Promise<RenewalReport>

export const createRenewDue = (parts: {
  store: Pick<TokenStore, 'listDue' | 'dropDue'>
  getToken: GetToken
  /** The Looker instance and client of this stage; tokens of a former one are not renewed. */
  client: { readonly instance: string; readonly clientId: string }
  clock: Clock
  report: Report
  settings: Settings
}): RenewDue => {
  const oneOf = async (
    due: DueToken,
    deadline: Deadline,
  ): Promise<'renewed' | 'dropped' | 'failed'> => {
    const principal = principalOf(due.key.partition)
    const ours = principal && isOurs(principal, parts.client) ? principal : undefined
    if (!ours || due.usedGeneration !== due.tokenGeneration) {
      // The index may not know yet that it is in use, so the table is asked along.
      await parts.store.dropDue(due.key, due.tokenGeneration, !ours)
      return 'dropped'
    }
    const token = await parts.getToken(ours, { minTtlMs: 0, renewal: true }, deadline)
    return parts.clock.now() < renewalDueAtMs(token) ? 'renewed' : 'failed'
  }

  return async (deadline) => {
    const counts = { due: 0, renewed: 0, dropped: 0, failed: 0, left: 0 }
    const rows = parts.store.listDue(parts.clock.now())[Symbol.asyncIterator]()
    const work = async (): Promise<void> => {
      for (let row = await rows.next(); !row.done; row = await rows.next()) {
        counts.due += 1
        if (deadline.remainingMs() < leaseLengthMs(parts.settings)) {
          counts.left += 1
          continue
        }
        try {
          counts[await oneOf(row.value, deadline)] += 1
        } catch {
          // The token is still good, and the next run tries again.
          counts.failed += 1
        }
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: workers }, work))
    parts.report({ name: 'renewal-run', ...counts })
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
    return counts
  }
}

const isOurs = (
  principal: Principal,
  client: { readonly instance: string; readonly clientId: string },
): boolean => principal.instance === client.instance && principal.clientId === client.clientId
