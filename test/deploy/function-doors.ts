// The deployed functions on a stage whose calls are written down, each through both of its doors: the event of
// a route, or the payload of a direct invocation. Every request meets a process that starts cold.
import { expect } from 'vitest'
import * as v from 'valibot'
import { create as createAcquire } from '../../functions/acquire-embed-session.ts'
import { create as createSession } from '../../functions/embed-session.ts'
import { create as createSweep } from '../../functions/end-due-sessions.ts'
import { create as createGenerate } from '../../functions/generate-embed-tokens.ts'
import { create as createIssue } from '../../functions/issue-api-token.ts'
import { create as createRenew } from '../../functions/renew-api-tokens.ts'
import { create as createAdmin } from '../../functions/sessions.ts'
import { withAdministration, withEmbed, withSweep } from '../../lib/embed-broker.ts'
import { acquiring, generating, keeping } from '../../lib/embed/composition.ts'
import { context, httpEvent, signedBy } from '../functions/calls.ts'
import { app, signedIn, userAgent } from '../functions/embed-calls.ts'
import type { CalledStage, Cold } from './called-stage.ts'

export type Door = 'handler' | 'direct'
export type Answer = Readonly<Record<string, unknown>>

type Invoke = (event: unknown, given: typeof context) => Promise<unknown>
type Doors = { readonly handler: Invoke; readonly direct: Invoke }

const fields = v.record(v.string(), v.unknown())
const http = v.object({ statusCode: v.literal(200), body: v.string() })

const answerOf = async (doors: Doors, door: Door, event: unknown, payload: unknown) => {
  if (door === 'direct') return v.parse(fields, await doors.direct(payload, context))
  return v.parse(fields, JSON.parse(v.parse(http, await doors.handler(event, context)).body))
}

type Asked = {
  /** `POST /embed-session/extend` */
  readonly route: string
  readonly fields?: Answer
  readonly device?: string
  readonly payload?: Answer
}

const pageEvent = ({ route, fields: body, device }: Asked) => ({
  version: '2.0',
  routeKey: route,
  rawQueryString: '',
  isBase64Encoded: false,
  headers: {
    'user-agent': userAgent,
    origin: app,
    ...(device === undefined ? {} : { 'x-embed-device': device }),
  },
  requestContext: {
    requestId: 'gateway-1',
    http: { method: route.split(' ')[0] },
    authorizer: signedIn(),
  },
  ...(body ? { body: JSON.stringify(body) } : {}),
})

const pagePayload = ({ fields: body, device, payload }: Asked) => ({
  claims: { sub: 'ada' },
  user_agent: userAgent,
  embed_domain: app,
  ...(device === undefined ? {} : { device }),
  ...body,
  ...payload,
})

const adminEvent = (method: string, changes: object) => ({
  ...httpEvent({}),
  requestContext: { requestId: 'gateway-1', http: { method }, authorizer: signedBy('reports') },
  headers: {},
  ...changes,
})

const page = (doors: Doors, door: Door, asked: Asked) =>
  answerOf(doors, door, pageEvent(asked), pagePayload(asked))

export const createDoors = ({ coldStart }: CalledStage) => {
  const cold =
    <B>(compose: (cold: Cold) => B) =>
    () =>
      compose(coldStart())
  const acquire = createAcquire(
    cold(({ broker, services }) => withEmbed(broker, services, acquiring)),
  )
  const generate = createGenerate(
    cold(({ broker, services }) => withEmbed(broker, services, generating)),
  )
  const session = createSession(
    cold(({ broker, services }) => withEmbed(broker, services, keeping)),
  )
  const admin = createAdmin(cold(({ broker, services }) => withAdministration(broker, services)))
  const issue = createIssue(cold(({ broker }) => broker))
  return {
    issueApiToken: (door: Door, body: Answer = {}) =>
      answerOf(issue, door, httpEvent({ body: JSON.stringify(body) }), body),
    acquire: (door: Door, device?: string) =>
      page(acquire, door, {
        route: 'POST /acquire-embed-session',
        ...(device === undefined ? {} : { device }),
      }),
    generate: (door: Door, { api_token, navigation_token }: Answer) =>
      page(generate, door, {
        route: 'PUT /generate-embed-tokens',
        fields: { api_token, navigation_token },
      }),
    state: (door: Door) =>
      page(session, door, { route: 'GET /embed-session', payload: { action: 'state' } }),
    extend: (door: Door) =>
      page(session, door, { route: 'POST /embed-session/extend', payload: { action: 'extend' } }),
    end: (door: Door) =>
      page(session, door, { route: 'DELETE /embed-session', payload: { action: 'end' } }),
    listSessions: (door: Door) => answerOf(admin, door, adminEvent('GET', {}), { action: 'list' }),
    endSession: (door: Door, id: string) =>
      answerOf(admin, door, adminEvent('DELETE', { pathParameters: { id } }), {
        action: 'end',
        id,
      }),
    endAllSessions: (door: Door, user: string) =>
      answerOf(admin, door, adminEvent('DELETE', { rawQueryString: `user=${user}` }), {
        action: 'end-all',
        user,
      }),
    renewApiTokens: () => createRenew(cold(({ broker }) => broker)).handler({}, scheduled),
    endDueSessions: async () => {
      const sweep = createSweep(cold(({ broker, services }) => withSweep(broker, services)))
      const report = await sweep.handler({}, scheduled)
      expect(report).toBeDefined()
      return report
    },
  }
}

const scheduled = { ...context, getRemainingTimeInMillis: () => 55_000 }
