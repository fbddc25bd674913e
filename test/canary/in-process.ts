// Every route, as it should go and with everything that can fail, on brokers of this process.
import { create as createHealth } from '../../functions/health.ts'
import { create as createIssue } from '../../functions/issue-api-token.ts'
import { create as createRenew } from '../../functions/renew-api-tokens.ts'
import { createLogReport } from '../../lib/log.ts'
import { BrokerError, StoreError } from '../../lib/errors.ts'
import type { Services } from '../../lib/broker.ts'
import type { Fault, FaultTarget } from '../../local/looker/faults.ts'
import {
  account,
  context as usualContext,
  httpEvent,
  rimBroker,
  signedBy,
} from '../functions/calls.ts'
import { createFleet, tenantOf } from '../scenarios/fleet.ts'
import { clientSecret, pastedToken, withoutToken, wrongSecret } from './hunt.ts'
import type { Hunt } from './hunt.ts'

/** Short, as waiting for what is down is not the point. */
const context = { ...usualContext, getRemainingTimeInMillis: () => 3_000 }

type Answer = Awaited<ReturnType<ReturnType<typeof createIssue>['handler']>>

const noteHttp = ({ note }: Hunt, { statusCode, headers, body = '' }: Answer) => {
  note('HTTP headers', headers)
  note('HTTP body', statusCode === 200 ? withoutToken(JSON.parse(body)) : body)
}

const bodies = [
  '{}',
  '{"user_id":"7"}',
  '{"user_id":"7","workspace":"dev"}',
  '{"user_id":"403"}',
  '{"min_ttl":3300}',
  'no JSON',
  JSON.stringify({ refused: pastedToken }),
  JSON.stringify({ user_id: pastedToken, workspace: pastedToken, min_ttl: pastedToken }),
]

type World = Awaited<ReturnType<typeof createWorld>>

const createWorld = async (
  { services: watched, markTokens, markDataKeys }: Hunt,
  change: (services: Services) => Services = (same) => same,
) => {
  const rights = { service_account: true, users: 'any', workspaces: ['production', 'dev'] }
  const tenant = tenantOf({
    api_tokens: { callers: [{ account, role: 'reports', ...rights }], direct: rights },
    looker: {
      base_url: 'https://looker.example.com',
      client_id: 'fleet-client',
      login_timeout_seconds: 1,
    },
  })
  const fleet = await createFleet({
    tenant,
    looker: { clientSecret },
    services: (services) => {
      const { clock } = services
      const logged = createLogReport({ write: console.log, stage: 'test', clock })
      return watched(change({ ...services, report: logged }))
    },
  })
  markTokens(fleet.looker.state)
  markDataKeys(fleet.kms)
  await fleet.setSecret(clientSecret)
  return fleet
}

const runEveryRoute = async (hunt: Hunt, { coldStart }: World): Promise<void> => {
  const { note } = hunt
  const broker = coldStart()
  const source = () => broker
  const { handler, direct } = createIssue(source)
  await Promise.all(
    bodies.map(async (body) => {
      noteHttp(hunt, await handler(httpEvent({ body }), context))
      noteHttp(hunt, await handler(httpEvent({ body, authorizer: signedBy('stranger') }), context))
      noteHttp(hunt, await handler(httpEvent({ body, authorizer: { jwt: pastedToken } }), context))
      const payload: unknown = body === 'no JSON' ? body : JSON.parse(body)
      note('direct answer', withoutToken(await direct(payload, context)))
    }),
  )
  noteHttp(hunt, await handler(httpEvent({ rawQueryString: `token=${pastedToken}` }), context))
  noteHttp(hunt, await handler({ token: pastedToken }, context))
  // The answer names the unknown field to who sent it; the log must not.
  await handler(httpEvent({ body: JSON.stringify({ [pastedToken]: 1 }) }), context)
  noteHttp(hunt, await createHealth(source).handler(httpEvent({}), context))
  note(
    'scheduled run',
    await createRenew(source)
      .handler({}, context)
      .catch((error: unknown) => error),
  )
  const principal = { instance: 'https://looker.example.com', clientId: 'fleet-client' } as const
  const end = { remainingMs: () => 3_000 }
  for (const workspace of ['production', 'dev'] as const) {
    const held = broker.getToken({ ...principal, workspace }, { minTtlMs: 0 }, end)
    note('token or error', await held.catch((error: unknown) => error))
  }
  note('broker', broker)
}

const echo = ({ secrets }: Hunt, status: number): Fault => {
  const told = [clientSecret, ...secrets.filter((one) => typeof one === 'string').slice(-2)]
  return {
    kind: 'status',
    status,
    body: JSON.stringify({ message: told.join(' '), access_token: told }),
  }
}

const lookerFaults = (hunt: Hunt): [FaultTarget, Fault][] => [
  ...[200, 400, 401, 403, 404, 429, 500, 503].map((status): [FaultTarget, Fault] => [
    'every',
    echo(hunt, status),
  ]),
  ['every', { kind: 'redirect', location: `/?secret=${encodeURIComponent(clientSecret)}` }],
  ['every', { kind: 'html404' }],
  ['every', { kind: 'reset' }],
  ['every', { kind: 'half-body' }],
  ['login', { kind: 'malformed-json' }],
  ['login_user', echo(hunt, 401)],
  ['login_user', echo(hunt, 404)],
  ['update_session', { kind: 'wrong-workspace' }],
  ['update_session', echo(hunt, 500)],
]

const failWith = (failure: StoreError['failure']) => () =>
  Promise.reject(new StoreError(failure, 'The table fails.', new Error('cause')))

const failingStore =
  (failure: StoreError['failure']) =>
  (services: Services): Services => ({
    ...services,
    store: { ...services.store, read: failWith(failure), takeLease: failWith(failure) },
  })

export const runInProcess = async (hunt: Hunt): Promise<void> => {
  const plain = await createWorld(hunt)
  await runEveryRoute(hunt, plain)
  await runEveryRoute(hunt, plain)
  const refused = await createWorld(hunt)
  await refused.setSecret(wrongSecret)
  await runEveryRoute(hunt, refused)
  const withFaults = lookerFaults(hunt).map(async ([target, fault]) => {
    const world = await createWorld(hunt)
    world.looker.setFault(target, fault)
    await runEveryRoute(hunt, world)
  })
  const withoutStore = (['throttled', 'unavailable', 'refused'] as const).map(async (failure) =>
    runEveryRoute(hunt, await createWorld(hunt, failingStore(failure))),
  )
  const withoutKeys = (
    ['AccessDeniedException', 'ThrottlingException', 'DisabledException', 'reset'] as const
  ).map(async (error) => {
    const world = await createWorld(hunt)
    world.kms.addFault({ error })
    await runEveryRoute(hunt, world)
  })
  await Promise.all([...withFaults, ...withoutStore, ...withoutKeys])
}

const broken = () => {
  throw new Error(clientSecret)
}

export const runUnexpected = async (hunt: Hunt): Promise<void> => {
  const { note } = hunt
  const errors = [
    new TypeError(`header ${clientSecret}`, { cause: new Error(pastedToken) }),
    new BrokerError('internal', 'Ours.', { cause: new Error(clientSecret) }),
    Object.assign(new Error(pastedToken), { name: pastedToken, config: { clientSecret } }),
  ]
  for (const error of errors) {
    const fail = () => Promise.reject(error)
    const { source, events } = rimBroker({ issueApiToken: fail, renewDue: fail })
    noteHttp(hunt, await createIssue(source).handler(httpEvent({}), context))
    note('direct answer', await createIssue(source).direct({}, context))
    note(
      'scheduled run',
      await createRenew(source)
        .handler({}, context)
        .catch((thrown: unknown) => thrown),
    )
    note('event', events)
  }
  noteHttp(hunt, await createIssue(broken).handler(httpEvent({}), context))
}
