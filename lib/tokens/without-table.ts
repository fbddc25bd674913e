// What is left when the table or the keys are away.
import { KeysError } from '../errors.ts'
import type { StoreError } from '../errors.ts'
import { whose } from '../events.ts'
import { createBase } from './base.ts'
import { isUsable } from './decide.ts'
import { loginError, partError } from './failures.ts'
import { mayLead } from './parts.ts'
import { outOfTime } from './patience.ts'
import { momentOf, served } from './search.ts'
import type { Search, Tools } from './search.ts'
import type { Token } from './token.ts'

const degradedRestMs = 10_000

type Call = Pick<Search, 'principal' | 'demand' | 'deadline'>

/** The token at hand to its end, then a login of this process alone. */
export const withoutTable = async (
  tools: Tools,
  call: Call,
  error: StoreError | KeysError,
): Promise<Token> => {
  const { principal, demand, deadline } = call
  const part = error instanceof KeysError ? 'keys' : 'table'
  tools.report({ name: 'degraded', part, ...whose(principal) })
  const held = tools.memory.get(principal)
  if (held && isUsable(held, demand, momentOf(tools))) {
    tools.memory.rest(principal, tools.clock.monotonic() + degradedRestMs)
    served(tools, principal, 'memory')
    return held
  }
  // A login of one's own while the table only asks to slow down would be a herd.
  const away = error instanceof KeysError || error.failure === 'unavailable'
  if (!away || demand.renewal === true || !mayLead(tools.settings, deadline)) throw partError(error)
  try {
    return await alone(tools, call)
  } catch (again) {
    throw partError(again)
  }
}

const alone = async (tools: Tools, { principal, demand, deadline }: Call): Promise<Token> => {
  const base = createBase(tools, principal, deadline)
  for (;;) {
    const service = await base?.find()
    // It may have taken the time of the user's own login, which would then be blamed on the user.
    if (!mayLead(tools.settings, deadline)) throw outOfTime()
    const token = await tools.logInAlone(principal, service, deadline, demand.refusedDigest)
    if (token) return token
    if (!(await base?.replace())) throw loginError('refused-token', 1_000)
  }
}
