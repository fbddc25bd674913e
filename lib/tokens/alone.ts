// The last resort when the table or the keys are away: this process logs in for itself, once per life
// of a token, and not again soon after a failure. Nobody else learns of it.
import { whose } from '../events.ts'
import type { SharedFailure } from '../store/token-store.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import { loginError } from './failures.ts'
import type { Base } from './log-in.ts'
import { nextFailure } from './pace.ts'
import type { Parts } from './parts.ts'
import { memoryKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import type { Token } from './token.ts'

/** Between two logins of one process for one principal, whatever became of the first. */
const pauseMs = 30_000

/** Errors: `BrokerError` for Looker's refusals and failures; what our own parts throw. */
export type LogInAlone = (
  principal: Principal,
  base: Base | undefined,
  deadline: Deadline,
) => Promise<Token>

type Attempt = { readonly atMs: number; readonly failure?: SharedFailure }

export const createLogInAlone = (parts: Parts): LogInAlone => {
  const attempts = new Map<string, Attempt>()
  return async (principal, base, deadline) => {
    const key = memoryKeyOf(principal)
    const last = attempts.get(key)
    assertMayTry(parts, last)
    attempts.set(key, { atMs: parts.clock.monotonic() })
    const budget = atMost(parts.clock, parts.settings.loginBudgetMs, deadline)
    const result = await parts.logIn.logIn(principal, base, budget)
    if (!result.ok) {
      const now = parts.clock.now()
      const failure = nextFailure(last?.failure, result, now)
      attempts.set(key, { atMs: parts.clock.monotonic(), failure })
      throw loginError(result.reason, failure.notBeforeAtMs - now)
    }
    parts.report({ name: 'token-served', layer: 'alone', ...whose(principal) })
    const { secret, issuedAtMs, expiresAtMs } = result
    return parts.memory.keep(principal, { secret, issuedAtMs, expiresAtMs, generation: 0 })
  }
}

const assertMayTry = ({ clock }: Parts, last: Attempt | undefined): void => {
  if (!last) return
  const waitMs = last.failure
    ? last.failure.notBeforeAtMs - clock.now()
    : last.atMs + pauseMs - clock.monotonic()
  if (waitMs > 0) throw loginError(last.failure?.reason ?? 'unreachable', waitMs)
}
