// The simulated routes for administrators: the settings, and users by their embed id.
import { Hono, type Context } from 'hono'
import { looker, lookerError, notFound, unauthorized } from './answers.ts'
import { callerOf, operation } from './call.ts'
import type { EmbedSettings } from './embed/settings.ts'
import type { SimulatorState } from './state.ts'

export const createAdministrationApi = (state: SimulatorState): Hono => {
  const api = new Hono()
  const { embed } = state

  api.get('/setting', operation(state, 'get_setting'), (context) => {
    // The description of this call lists no 403.
    const refusal = refusalOf(state, context, notFound)
    if (refusal !== undefined) return refusal
    const asked = context.req.query('fields')?.split(',')
    const entries = Object.entries(settingOf(embed.settings))
    return looker(
      200,
      Object.fromEntries(entries.filter(([name]) => asked?.includes(name) ?? true)),
    )
  })

  api.get('/users/credential/embed/:id', operation(state, 'user_for_credential'), (context) => {
    const refusal = refusalOf(state, context, forbidden)
    if (refusal !== undefined) return refusal
    const user = embed.users.find(context.req.param('id'))
    return user === undefined ? notFound() : looker(200, { id: user.id })
  })

  api.delete('/users/:id', operation(state, 'delete_user'), (context) => {
    const refusal = refusalOf(state, context, forbidden)
    if (refusal !== undefined) return refusal
    const user = embed.users.findById(context.req.param('id'))
    if (user === undefined) return notFound()
    embed.sessions.endOf(user)
    embed.users.remove(user)
    return new Response(null, { status: 204 })
  })

  return api
}

const forbidden = (): Response => lookerError(403, 'Forbidden')

const refusalOf = (
  state: SimulatorState,
  context: Context,
  refuse: () => Response,
): Response | undefined => {
  const caller = callerOf(state, context)
  if (caller === undefined) return unauthorized()
  return state.apiUserIsAdmin && caller.issued.sudoUserId === undefined ? undefined : refuse()
}

const settingOf = (settings: EmbedSettings) => ({
  embed_enabled: settings.embedding,
  embed_config: {
    embed_enabled: settings.embedding,
    sso_auth_enabled: settings.signedEmbedding,
    embed_cookieless_v2: settings.cookieless,
    domain_allowlist: settings.domainAllowlist,
  },
})
