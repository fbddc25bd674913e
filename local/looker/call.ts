// What every simulated operation of the API has in common: it is counted, it may be faulty, and it may
// have a caller.
import type { Context, MiddlewareHandler } from 'hono'
import { answerInstead, spoil, type Bindings } from './faulty-replies.ts'
import type { Operation } from './operations.ts'
import type { SimulatorState } from './state.ts'
import type { IssuedToken } from './tokens.ts'

/** Counts and records the call, and plays the fault that is due for it. */
export const operation =
  (state: SimulatorState, name: Operation): MiddlewareHandler<{ Bindings: Bindings & {} }> =>
  async (context, next) => {
    const token = tokenOf(context)
    state.counter.called(name, token)
    state.record.called({ operation: name, token, name: context.req.header('x-simulator-call') })
    const fault = state.faults.take(name)
    if (fault?.kind === 'slow') await state.sleep(fault.ms)
    const instead = answerInstead(fault, context.env)
    if (instead !== undefined) return instead
    await next()
    const answer = await spoil(fault, context.res, context.env)
    if (answer === context.res) return undefined
    // Assigned alone, it would take over the headers of the answer it replaces.
    context.res = undefined
    context.res = answer
    return undefined
  }

export type Caller = { readonly token: string; readonly issued: IssuedToken }

/** Undefined when the call carries no token, or one that is not valid. */
export const callerOf = (state: SimulatorState, context: Context): Caller | undefined => {
  const token = tokenOf(context)
  if (token === undefined) return undefined
  const issued = state.tokens.find(token)
  return issued === undefined ? undefined : { token, issued }
}

const tokenOf = (context: Context): string | undefined =>
  /^(?:bearer|token) (\S+)$/i.exec(context.req.header('authorization') ?? '')?.[1]
