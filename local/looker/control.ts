// Routes under /simulator, by which a test or a person at a terminal moves the simulated Looker.
import { Hono } from 'hono'
import * as v from 'valibot'
import { faultSchema, faultTargetSchema } from './faults.ts'
import type { TokenUse } from './record.ts'
import type { SimulatorState } from './state.ts'

/**
 * GET / · POST /clock {advance_seconds} · POST /faults {operation, fault, times?} (without `times`: until
 * cleared) · DELETE /faults · POST /revoke {digest?} (without `digest`: all tokens) · POST /embed/expire (all
 * embed sessions) · POST /setup {…} (see `setup` below) · DELETE /counts
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

  control.post('/revoke', async (context) => {
    const order = v.safeParse(revocation, (await context.req.text()) || '{}')
    if (!order.success) return refused(order.issues)
    const { digest } = order.output
    if (digest === undefined) state.tokens.revokeAll()
    else if (!state.tokens.revokeDigest(digest)) return noSuchToken()
    return Response.json(describe(state))
  })

  control.post('/embed/expire', () => {
    state.embed.sessions.endAll()
    return Response.json(describe(state))
  })

  control.post('/setup', async (context) => {
    const change = v.safeParse(setup, await context.req.text())
    if (!change.success) return refused(change.issues)
    setUp(state, change.output)
    return Response.json(describe(state))
  })

  control.delete('/counts', () => {
    state.counter.reset()
    state.record.reset()
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

const revocation = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({ digest: v.optional(v.pipe(v.string(), v.regex(/^[\w-]{43}$/))) }),
)

/** What an administrator of Looker, or its update, changes. */
const setup = v.pipe(
  v.string(),
  v.parseJson(),
  v.partial(
    v.strictObject({
      release: v.pipe(v.string(), v.regex(/^\d+\.\d+(?:\.\d+)?$/)),
      api_user_is_admin: v.boolean(),
      embedding: v.boolean(),
      signed_embedding: v.boolean(),
      cookieless: v.boolean(),
      domain_allowlist: v.array(v.string()),
      sessions_per_user: v.picklist(['one', 'many']),
      checks_user_agent: v.boolean(),
    }),
  ),
)

const setUp = (state: SimulatorState, change: v.InferOutput<typeof setup>): void => {
  const { settings } = state.embed
  state.release = change.release ?? state.release
  state.apiUserIsAdmin = change.api_user_is_admin ?? state.apiUserIsAdmin
  settings.embedding = change.embedding ?? settings.embedding
  settings.signedEmbedding = change.signed_embedding ?? settings.signedEmbedding
  settings.cookieless = change.cookieless ?? settings.cookieless
  settings.domainAllowlist = change.domain_allowlist ?? settings.domainAllowlist
  settings.sessionsPerUser = change.sessions_per_user ?? settings.sessionsPerUser
  settings.checksUserAgent = change.checks_user_agent ?? settings.checksUserAgent
}

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
    tokens_used: Object.entries(state.record.byTokenDigest()).map(described),
    faults: state.faults.list(),
  }
}

const described = ([digest, use]: readonly [string, TokenUse]) => ({
  digest,
  standing: use.standing,
  user_id: use.userId,
  sudo_user_id: use.sudoUserId,
  workspace: use.workspace,
  calls: use.calls,
  dead_calls: use.deadCalls,
})

const noSuchToken = (): Response =>
  Response.json({ errors: ['No live token has this digest'] }, { status: 404 })

const refused = (issues: readonly v.BaseIssue<unknown>[]): Response =>
  Response.json({ errors: issues.map(({ message }) => message) }, { status: 400 })
