// One login for everybody: memory, one look-up per process, the table, the lease, the login. The rules
// are in decide.ts and pace.ts; here they are acted upon.
import { BrokerError, KeysError, StoreError } from '../errors.ts'
import { deadlineIn } from '../time.ts'
import { createLogInAlone } from './alone.ts'
import { createBase } from './base.ts'
import { createFlights } from './flights.ts'
import type { Flights } from './flights.ts'
import { isMerelyAging, isSatisfying } from './decide.ts'
import type { Demand } from './decide.ts'
import { fromTable } from './from-table.ts'
import { createLeaseWatch } from './lease-watch.ts'
import { leaseLengthMs } from './parts.ts'
import type { Parts } from './parts.ts'
import { within } from './patience.ts'
import { memoryKeyOf } from './principal.ts'
import type { Principal } from './principal.ts'
import { createTokenReader } from './reader.ts'
import { fallbackOr, served, momentOf } from './search.ts'
import type { GetToken } from './get-token.ts'
import type { Tools } from './search.ts'
import type { Token } from './token.ts'
import { withoutTable } from './without-table.ts'

/** Kept back from the caller's time, so that a fallback beats the deadline. */
const answerReserveMs = 100

type Door = Tools & { readonly flights: Flights<Token> }

export const createSharedLogin = (parts: Parts): GetToken => {
  const getToken: GetToken = async (principal, demand, deadline) => {
    const held = heldToken(parts, principal, demand)
    if (!held) return joinSearch(door, principal, demand, deadline)
    served(parts, principal, 'memory')
    return held
  }
  const door: Door = {
    ...parts,
    getToken,
    read: createTokenReader(parts),
    logInAlone: createLogInAlone(parts),
    ownRefusals: new Map(),
    flights: createFlights<Token>(),
  }
  return getToken
}

/** The token in memory, if it is all that is asked for, or if looking for a better one must rest. */
const heldToken = (parts: Parts, principal: Principal, demand: Demand): Token | undefined => {
  const held = parts.memory.get(principal)
  if (!held) return undefined
  const moment = momentOf(parts)
  if (isSatisfying(held, demand, moment)) return held
  const resting = parts.memory.restsUntilMs(principal) > parts.clock.monotonic()
  return resting && demand.renewal !== true && isMerelyAging(held, demand, moment)
    ? held
    : undefined
}

/**
 * One search per process and demand; who joined one that ended for lack of its starter's time begins
 * another.
 */
const joinSearch: (door: Door, ...call: Parameters<GetToken>) => Promise<Token> = async (
  door,
  principal,
  demand,
  deadline,
) => {
  const { minTtlMs, refusedDigest = '', renewal = false } = demand
  const key = [memoryKeyOf(principal), minTtlMs, refusedDigest, renewal].join('\n')
  let started = false
  const start = () => {
    started = true
    return search(door, principal, demand, deadline)
  }
  for (;;) {
    try {
      return await within(door.clock, deadline, door.flights(key, start))
    } catch (error) {
      const timedOut = error instanceof BrokerError && error.code === 'login-in-progress'
      if (!timedOut) throw error
      if (started || deadline.remainingMs() < answerReserveMs) {
        return fallbackOr(door, { principal, demand }, door.memory.get(principal), error)
      }
    }
  }
}

const search: typeof joinSearch = async (tools, principal, demand, deadline) => {
  restOthers(tools, principal)
  const inTime = deadlineIn(tools.clock, deadline.remainingMs() - answerReserveMs)
  try {
    return await fromTable(tools, {
      principal,
      demand,
      deadline: inTime,
      watch: createLeaseWatch(tools.clock, leaseLengthMs(tools.settings)),
      startedMs: tools.clock.monotonic(),
      base: createBase(tools, principal, inTime),
    })
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof KeysError)) throw error
    return withoutTable(tools, { principal, demand, deadline: inTime }, error)
  }
}

/** While one caller renews a token that is merely aging, the others of this process go on using it. */
const restOthers = ({ memory, clock, settings }: Parts, principal: Principal): void =>
  memory.rest(principal, clock.monotonic() + leaseLengthMs(settings))
