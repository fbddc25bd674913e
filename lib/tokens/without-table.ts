// What is left when the table or the keys are away.
import { KeysError } from '../errors.ts'
import type { StoreError } from '../errors.ts'
import { whose } from '../events.ts'
import { isUsable } from './decide.ts'
import { partError } from './failures.ts'
import { mayLead } from './parts.ts'
import { baseFor, momentOf, served } from './search.ts'
import type { Search, Tools } from './search.ts'
import type { Token } from './token.ts'

const degradedRestMs = 10_000

/** The token at hand to its end, then a login of this process alone. */
export const withoutTable = async (
  tools: Tools,
  call: Pick<Search, 'principal' | 'demand' | 'deadline'>,
  error: StoreError | KeysError,
): Promise<Token> => {
  const { principal, demand, deadline } = call
  tools.report({
    name: 'degraded',
    part: error instanceof KeysError ? 'keys' : 'table',
    ...whose(principal),
  })
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
    const base =
      principal.userId === undefined ? undefined : await baseFor(tools, principal, deadline)
    return await tools.logInAlone(principal, base, deadline)
  } catch (again) {
    throw partError(again)
  }
}
