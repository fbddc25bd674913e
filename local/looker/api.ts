// The simulated routes of Looker's API 4.0, under /api/4.0.
import { Hono } from 'hono'
import * as v from 'valibot'
import type { Workspace } from '../../lib/config.ts'
import { looker, lookerError, lookerValidationError, notFound, unauthorized } from './answers.ts'
import { createAdministrationApi } from './administration.ts'
import { callerOf, operation } from './call.ts'
import { createCookielessSessionApi } from './embed/cookieless-session.ts'
import { createQueryApi } from './queries/api.ts'
import type { SimulatorState } from './state.ts'
import type { IssuedToken } from './tokens.ts'

export const createApi = (state: SimulatorState): Hono => {
  const api = new Hono()
  const { tokens, counter } = state

  api.post('/login', operation(state, 'login'), async (context) => {
    await state.sleep(state.loginLatencyMs)
    const { client_id: id, client_secret: secret } = await context.req.parseBody()
    if (id !== state.clientId || secret !== state.clientSecret) return refusedLogin(state, 404)
    counter.happened('logins')
    return accessToken(state, { userId: state.serviceUserId, sudoUserId: undefined })
  })

  api.post('/login/:userId', operation(state, 'login_user'), async (context) => {
    await state.sleep(state.loginLatencyMs)
    const caller = callerOf(state, context)
    if (caller === undefined) return refusedLogin(state, 401)
    const userId = context.req.param('userId')
    const refusal = refusalToImpersonate(state, caller.issued, userId)
    if (refusal !== undefined) return refusedLogin(state, refusal)
    counter.happened('userLogins')
    return accessToken(state, { userId, sudoUserId: caller.issued.userId })
  })

  api.delete('/logout', operation(state, 'logout'), (context) => {
    const caller = callerOf(state, context)
    if (caller === undefined) return unauthorized()
    tokens.revoke(caller.token)
    counter.happened('logouts')
    return new Response(null, { status: 204 })
  })

  api.get('/session', operation(state, 'session'), (context) => {
    const caller = callerOf(state, context)
    return caller === undefined ? unauthorized() : apiSession(caller.issued)
  })

  api.patch('/session', operation(state, 'update_session'), async (context) => {
    const caller = callerOf(state, context)
    if (caller === undefined) return unauthorized()
    const workspace = workspaceIn(await context.req.text())
    if (workspace === undefined) return lookerValidationError('workspace_id', 'is not a workspace')
    caller.issued.workspace = workspace
    counter.happened('workspaceSwitches')
    return apiSession(caller.issued)
  })

  api.get('/user', operation(state, 'me'), (context) => {
    const caller = callerOf(state, context)
    return caller === undefined ? unauthorized() : user(caller.issued)
  })

  api.get('/versions', operation(state, 'versions'), (context) =>
    looker(200, versionsAt(new URL(context.req.url).origin, state)),
  )

  api.route('/', createAdministrationApi(state))
  api.route('/queries', createQueryApi(state))
  api.route('/embed/cookieless_session', createCookielessSessionApi(state))

  api.all('*', notFound)
  return api
}

const refusedLogin = (state: SimulatorState, status: 401 | 403 | 404): Response => {
  state.counter.happened('failedLogins')
  if (status === 401) return unauthorized()
  return status === 403 ? lookerError(403, 'Forbidden') : notFound()
}

const refusalToImpersonate = (
  state: SimulatorState,
  caller: IssuedToken,
  userId: string,
): 403 | 404 | undefined => {
  if (!state.apiUserIsAdmin || caller.sudoUserId !== undefined) return 403
  if (state.protectedUserIds.has(userId)) return 403
  return state.userIds.has(userId) || state.embed.users.findById(userId) ? undefined : 404
}

const accessToken = (
  state: SimulatorState,
  whose: Pick<IssuedToken, 'userId' | 'sudoUserId'>,
): Response => {
  const seconds =
    whose.sudoUserId === undefined ? state.expiresInSeconds : state.userExpiresInSeconds
  return looker(200, {
    access_token: state.tokens.issue(whose, seconds),
    token_type: 'Bearer',
    expires_in: seconds,
    refresh_token: null,
  })
}

const apiSession = ({ workspace, sudoUserId }: IssuedToken): Response =>
  looker(200, {
    can: { view: true, update: true },
    workspace_id: workspace,
    sudo_user_id: sudoUserId ?? null,
  })

const sessionChange = v.object({ workspace_id: v.picklist(['production', 'dev']) })

const workspaceIn = (body: string): Workspace | undefined => {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), sessionChange), body)
  return parsed.success ? parsed.output.workspace_id : undefined
}

/** `simulator` is an addition of ours, so that a page can show at a glance whose token it has. */
const user = ({ userId, sudoUserId, workspace }: IssuedToken): Response =>
  looker(200, {
    can: { show: true },
    id: userId,
    display_name: sudoUserId === undefined ? 'Service Account' : `User ${userId}`,
    first_name: sudoUserId === undefined ? 'Service' : 'User',
    last_name: sudoUserId === undefined ? 'Account' : userId,
    email: `user-${userId}@example.com`,
    is_disabled: false,
    is_service_account: sudoUserId === undefined,
    simulator: { sudo_user_id: sudoUserId ?? null, workspace_id: workspace },
  })

const versionsAt = (origin: string, { release, apiVersions }: SimulatorState) => {
  const versions = apiVersions.map((version) => ({
    version,
    full_version: `${version}.${release.replace(/\.\d+$/, '')}`,
    status: 'current',
    swagger_url: `${origin}/api/${version}/swagger.json`,
  }))
  return {
    looker_release_version: release,
    current_version: versions[0],
    supported_versions: versions,
    api_server_url: origin,
    web_server_url: origin,
  }
}
