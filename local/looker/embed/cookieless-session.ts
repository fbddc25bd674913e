// The simulated routes under /api/4.0/embed/cookieless_session.
import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { looker, lookerError, lookerValidationError, notFound, unauthorized } from '../answers.ts'
import { callerOf, operation } from '../call.ts'
import type { SimulatorState } from '../state.ts'
import { acquireSchema, profileOf, type Acquire } from './profile.ts'
import type { EmbedSession } from './sessions.ts'

export const createCookielessSessionApi = (state: SimulatorState): Hono => {
  const api = new Hono()
  const { counter, embed } = state

  api.post('/acquire', operation(state, 'acquire_embed_cookieless_session'), async (context) => {
    const refusal = refusalOf(state, context)
    if (refusal !== undefined) return refusal
    const body = v.safeParse(jsonOf(acquireSchema), await context.req.text())
    if (!body.success) return invalid(body.issues)
    const session = joinOrStart(state, body.output, userAgentOf(context))
    if (session === undefined) return notFound()
    const issuer = new URL(context.req.url).origin
    const embedDomain = body.output.embed_domain ?? undefined
    return looker(200, {
      ...embed.loginTokens.issue(session, issuer),
      ...embed.shortTokens.issue(session, { issuer, embedDomain }),
    })
  })

  api.put(
    '/generate_tokens',
    operation(state, 'generate_tokens_for_cookieless_session'),
    async (context) => {
      const refusal = refusalOf(state, context)
      if (refusal !== undefined) return refusal
      const body = v.safeParse(jsonOf(generateSchema), await context.req.text())
      if (!body.success) return invalid(body.issues)
      const { session_reference_token: reference, navigation_token, api_token } = body.output
      const session = embed.sessions.find(reference)
      if (session === undefined) return looker(200, over(reference))
      const given = { navigation: navigation_token ?? '', api: api_token ?? '' }
      const shown = embed.shortTokens.recognise(session, given)
      const isItsBrowser = session.userAgent === userAgentOf(context)
      if (shown === undefined || (embed.settings.checksUserAgent && !isItsBrowser)) {
        return lookerError(400, 'Invalid input tokens provided')
      }
      counter.happened('embedTokensGenerated')
      const issuer = new URL(context.req.url).origin
      const { embedDomain } = shown
      return looker(200, embed.shortTokens.issue(session, { issuer, embedDomain }))
    },
  )

  api.delete('/:reference', operation(state, 'delete_embed_cookieless_session'), (context) => {
    const refusal = refusalOf(state, context)
    if (refusal !== undefined) return refusal
    const session = embed.sessions.find(context.req.param('reference'))
    if (session === undefined) return notFound()
    embed.sessions.end(session)
    return new Response(null, { status: 204 })
  })

  return api
}

/** A user's token has no right to make sessions for others. */
const refusalOf = (state: SimulatorState, context: Context): Response | undefined => {
  const caller = callerOf(state, context)
  if (caller === undefined) return unauthorized()
  const { embedding, signedEmbedding, cookieless } = state.embed.settings
  const isAllowed = state.apiUserIsAdmin && caller.issued.sudoUserId === undefined
  if (!embedding || !signedEmbedding || !isAllowed) return lookerError(403, 'Forbidden')
  return cookieless ? undefined : notFound()
}

/** Undefined when the reference is of another embed user. A live session that is joined stays as it is. */
const joinOrStart = (
  { embed, counter }: SimulatorState,
  acquire: Acquire,
  userAgent: string,
): EmbedSession | undefined => {
  const running = embed.sessions.find(acquire.session_reference_token ?? '')
  if (running === undefined) {
    const user = embed.users.put(profileOf(acquire))
    return embed.sessions.start(user, userAgent, acquire.session_length ?? defaultLengthSeconds)
  }
  if (running.user.externalId !== acquire.external_user_id) return undefined
  counter.happened('embedSessionsJoined')
  return running
}

const defaultLengthSeconds = 300

const over = (reference: string) => ({
  navigation_token: null,
  navigation_token_ttl: null,
  api_token: null,
  api_token_ttl: null,
  session_reference_token: reference,
  session_reference_token_ttl: 0,
})

const generateSchema = v.object({
  session_reference_token: v.string(),
  navigation_token: v.nullish(v.string()),
  api_token: v.nullish(v.string()),
})

const jsonOf = <Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(v.string(), v.parseJson(), schema)

const invalid = ([issue]: readonly v.BaseIssue<unknown>[]): Response =>
  lookerValidationError((issue && v.getDotPath(issue)) ?? 'body', 'is not valid')

const userAgentOf = (context: Context): string => context.req.header('user-agent') ?? ''
