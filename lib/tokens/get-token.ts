// What the rest of the broker asks of this folder.
import type { Deadline } from '../time.ts'
import type { Demand } from './decide.ts'
import type { Principal } from './principal.ts'
import type { Token } from './token.ts'

/**
 * A token of the principal that has its margin left, from wherever it is cheapest to have.
 * Errors, all `BrokerError`: `looker-refused-credentials`, `looker-refused-user`, `looker-rate-limited`,
 * `looker-unavailable`, `secret-missing`, `login-in-progress` (deadline), `renewal-limited`,
 * `table-throttled`, `table-unavailable`, `keys-unavailable`, `misconfigured`.
 */
export type GetToken = (principal: Principal, demand: Demand, deadline: Deadline) => Promise<Token>
