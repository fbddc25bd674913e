// Routes under /simulator, by which a test or a person at a terminal moves the simulated Looker.
import { Hono } from 'hono'
import * as v from 'valibot'
import { faultSchema, faultTargetSchema } from './faults.ts'
import type { SimulatorState } from './state.ts'

/**
 * GET / · POST /clock {advance_seconds} · POST /faults {operation, fault, times?} (without `times`: until
 * cleared) · DELETE /faults · POST /revoke (all tokens) · POST /embed/expire (all embed sessions) · DELETE
 * /counts
 */
export const createControl = (state: SimulatorState): Hono => {
  const control = new Hono()

  control.get('/', () => Response.json(describe(state)))

  control.post('/clock', async (context) => {
    const change = v.safeParse(clockChange, await context.req.text())
    if (!change.success) return refused(change.issues)
    state.clock.advance(change.output.advance_seconds)
    return Response.json(describe(state))
  })

  control.post('/faults', async (context) => {
    const order = v.safeParse(faultOrder, await context.req.text())
    if (!order.success) return refused(order.issues)
    const { operation, fault, times } = order.output
    if (times === undefined) state.faults.set(operation, fault)
    else
      state.faults.queue(
        operation,
        Array.from({ length: times }, () => fault),
      )
    return Response.json(describe(state))
  })

  control.delete('/faults', () => {
    state.faults.clear()
    return Response.json(describe(state))
  })

  control.post('/revoke', () => {
    state.tokens.revokeAll()
    return Response.json(describe(state))
  })

  control.post('/embed/expire', () => {
    state.embed.sessions.endAll()
    return Response.json(describe(state))
  })

  control.delete('/counts', () => {
    state.counter.reset()
    return Response.json(describe(state))
  })

  return control
}

const clockChange = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ advance_seconds: v.pipe(v.number(), v.finite(), v.minValue(0)) }),
)

const faultOrder = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    operation: faultTargetSchema,
    fault: faultSchema,
    times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  }),
)

const describe = (state: SimulatorState) => {
  const counts = state.counter.read()
  return {
    now_at_ms: state.clock.now(),
    live_tokens: state.tokens.countLive(),
    live_embed_sessions: state.embed.sessions.countLive(),
    counts: {
      calls: counts.calls,
      logins: counts.logins,
      user_logins: counts.userLogins,
      failed_logins: counts.failedLogins,
      workspace_switches: counts.workspaceSwitches,
      logouts: counts.logouts,
      embed_users_created: counts.embedUsersCreated,
      embed_sessions_started: counts.embedSessionsStarted,
      embed_sessions_joined: counts.embedSessionsJoined,
      embed_tokens_generated: counts.embedTokensGenerated,
      embed_sessions_ended: counts.embedSessionsEnded,
      embed_logins: counts.embedLogins,
      calls_by_token_digest: counts.callsByTokenDigest,
    },
    faults: state.faults.list(),
  }
}

const refused = (issues: readonly v.BaseIssue<unknown>[]): Response =>
  Response.json({ errors: issues.map(({ message }) => message) }, { status: 400 })
