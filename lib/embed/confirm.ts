// Ending a session at Looker, which may be away: then the caller hears that it is not confirmed.
import { BrokerError, KeysError, LookerError } from '../errors.ts'
import type { LookerFailure } from '../errors.ts'
import type { WhoseSession } from '../events.ts'
import { atMost, type Deadline } from '../time.ts'
import { createLookerCalls } from './looker-calls.ts'
import type { EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import type { SessionRecord } from './session-record.ts'

/** For Looker to confirm. Somewhat more than a login of the service account may need, should it take one. */
const budgetMs = 6_000

type Ended = {
  /** Errors: `KeysError`. */
  readonly open: () => Promise<SessionRecord | undefined>
  readonly whose: WhoseSession
}

/** Whether Looker confirmed. A session that it does not know any more is one that ended. */
export type Confirm = (ended: Ended, deadline: Deadline) => Promise<boolean>

export const createConfirm = (parts: Omit<EmbedParts, 'store'>): Confirm => {
  const calls = createLookerCalls(parts)
  return async ({ open, whose }, deadline) => {
    const until = atMost(parts.clock, budgetMs, deadline)
    const reason = await whyNot(async () => {
      const record = await persistently(parts, until, open)
      if (!record) return 'unreadable'
      await persistently(parts, until, () => calls.end(record.reference, until))
      return undefined
    })
    if (reason !== undefined) parts.report({ name: 'end-not-confirmed', reason, ...whose })
    return reason === undefined
  }
}

type Why = LookerFailure | 'login' | 'keys' | 'unreadable'

const whyNot = async (attempt: () => Promise<Why | undefined>): Promise<Why | undefined> => {
  try {
    return await attempt()
  } catch (error) {
    if (error instanceof LookerError) return error.failure
    if (error instanceof BrokerError) return 'login'
    if (error instanceof KeysError) return 'keys'
    throw error
  }
}
