// One look-up in progress: what it works with, and what its steps share.
import { whose } from '../events.ts'
import type { Layer } from '../events.ts'
import type { TokenItem } from '../store/token-store.ts'
import type { Deadline } from '../time.ts'
import type { LogInAlone } from './alone.ts'
import type { Base } from './base.ts'
import { isUsable } from './decide.ts'
import type { Demand, Moment } from './decide.ts'
import type { GetToken } from './get-token.ts'
import type { LeaseWatch } from './lease-watch.ts'
import type { Refusal } from './pace.ts'
import type { Parts } from './parts.ts'
import type { Principal } from './principal.ts'
import type { TokenReader } from './reader.ts'
import type { Token } from './token.ts'

export const agingRestMs = 2_000

export type Tools = Parts & {
  readonly getToken: GetToken
  readonly read: TokenReader
  readonly logInAlone: LogInAlone
  /** Reports of tokens that only this process knows, by principal. */
  readonly ownRefusals: Map<string, Refusal>
}

/** One look-up under way. */
export type Search = {
  readonly principal: Principal
  readonly demand: Demand
  readonly deadline: Deadline
  readonly watch: LeaseWatch
  readonly startedMs: number
  /** For users only. */
  readonly base: Base | undefined
}

export type View = { readonly item: TokenItem | undefined; readonly token: Token | undefined }

export const momentOf = ({ clock, settings }: Parts, item?: TokenItem): Moment => ({
  item,
  nowAtMs: clock.now(),
  marginMs: settings.marginMs,
})

export const served = ({ report }: Parts, principal: Principal, layer: Layer): void =>
  report({ name: 'token-served', layer, ...whose(principal) })

/** A token that is still good beats an error, unless Looker refused it to this very caller. */
export const fallbackOr = (
  tools: Tools,
  { principal, demand }: Pick<Search, 'principal' | 'demand'>,
  token: Token | undefined,
  error: unknown,
): Token => {
  if (!token || !isUsable(token, demand, momentOf(tools))) throw error
  tools.memory.rest(principal, tools.clock.monotonic() + agingRestMs)
  served(tools, principal, 'memory')
  return token
}
