// The last resort when the table or the keys are away: this process logs in for itself, once per life
// of a token, and not again soon after a failure. Nobody else learns of it.
import { BrokerError } from '../errors.ts'
import { whose } from '../events.ts'
import type { SharedFailure } from '../store/token-store.ts'
import { atMost } from '../time.ts'
import type { Deadline } from '../time.ts'
import { attemptLogin } from './attempt.ts'
import { createFlights } from './flights.ts'
import { loginError } from './failures.ts'
import type { Parts } from './parts.ts'
import { memoryKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import type { Token } from './token.ts'

/** Between a login of one process and its next for the same principal: a reported token may wait. */
const pauseMs = 30_000

/**
 * Undefined: Looker refused the base. Errors: `BrokerError` for Looker's refusals and failures,
 * `renewal-limited` soon after a success; what our own parts throw.
 * A token that was made here and is reported is logged out once there is another.
 */
export type LogInAlone = (
  principal: Principal,
  base: Token | undefined,
  deadline: Deadline,
  /** Digest of a token that Looker refused to the caller. */
  refusedDigest?: string,
) => Promise<Token | undefined>

/** On the monotonic clock: nobody else reads it. */
type Pause = {
  readonly untilMs: number
  readonly failure?: SharedFailure
  /** The last token that was made here. */
  readonly token?: Token | undefined
}

export const createLogInAlone = (parts: Parts): LogInAlone => {
  const pauses = new Map<string, Pause>()
  const flights = createFlights<Token | undefined>()

  const logIn: LogInAlone = async (principal, base, deadline, refusedDigest = '') => {
    const key = memoryKeyOf(principal)
    const last = pauses.get(key)
    assertMayTry(parts, last)
    const budget = atMost(parts.clock, parts.settings.loginBudgetMs, deadline)
    const attempt = await attemptLogin(parts, { principal, base, previous: last?.failure }, budget)
    if (attempt.outcome === 'base-refused') return undefined
    if (attempt.outcome === 'failed') {
      const { failure, retryAfterMs } = attempt
      const untilMs = parts.clock.monotonic() + retryAfterMs
      pauses.set(key, { untilMs, failure, token: last?.token })
      throw loginError(failure.reason, retryAfterMs)
    }
    const { secret, issuedAtMs, expiresAtMs } = attempt.login
    const token = { secret, issuedAtMs, expiresAtMs, generation: 0 }
    pauses.set(key, { untilMs: parts.clock.monotonic() + pauseMs, token })
    parts.report({ name: 'token-served', layer: 'alone', ...whose(principal) })
    parts.memory.keep(principal, token)
    // Nobody else has it. One that could not be stored was not made here: its record may stand after all.
    const replaced = last?.token?.secret
    if (replaced?.hasDigest(refusedDigest)) await parts.logIn.logOut(replaced)
    return token
  }
  return (principal, ...call) => flights(memoryKeyOf(principal), () => logIn(principal, ...call))
}

const assertMayTry = ({ clock }: Parts, last: Pause | undefined): void => {
  const waitMs = last ? last.untilMs - clock.monotonic() : 0
  if (!last || waitMs <= 0) return
  if (last.failure) throw loginError(last.failure.reason, waitMs)
  const message = 'This process logged in too short a while ago.'
  throw new BrokerError('renewal-limited', message, { retryAfterMs: waitMs })
}
