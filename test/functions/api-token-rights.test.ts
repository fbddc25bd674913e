// Who gets what through the function, with a whole broker behind it: what is refused is refused before
// table, keys or Looker are asked.
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { create } from '../../functions/issue-api-token.ts'
import type { Broker } from '../../lib/broker.ts'
import { createFleet, tenantOf } from '../scenarios/fleet.ts'
import { account, context, httpEvent, signedBy } from './calls.ts'

const callers = [
  { role: 'everything', service_account: true, users: 'any', workspaces: ['production', 'dev'] },
  { role: 'service', service_account: true },
  { role: 'service-dev', service_account: true, workspaces: ['dev'] },
  { role: 'user-7', users: ['7'] },
  { role: 'user-7-dev', users: ['7'], workspaces: ['dev'] },
  { role: 'users', users: 'any' },
  { role: 'nothing' },
]

const asked = ['service', 'service dev', '7', '7 dev', '8', '8 dev'] as const

const allowed: Readonly<Record<string, readonly string[]>> = {
  everything: asked,
  service: ['service'],
  'service-dev': ['service dev'],
  'user-7': ['7'],
  'user-7-dev': ['7 dev'],
  users: ['7', '8'],
  nothing: [],
  stranger: [],
}

const bodyOf = (what: string): string => {
  const [who, workspace] = what.split(' ')
  return JSON.stringify({ ...(who === 'service' ? {} : { user_id: who }), workspace })
}

const countedFleet = async (direct: object = {}) => {
  const api_tokens = { callers: callers.map((caller) => ({ account, ...caller })), direct }
  const tenant = tenantOf({ api_tokens })
  const fleet = await createFleet({ tenant })
  const reads = [
    vi.spyOn(fleet.store, 'read'),
    vi.spyOn(fleet.store, 'takeLease'),
    vi.spyOn(fleet.secrets, 'readSecret'),
    vi.spyOn(fleet.secrets, 'readSecretVersion'),
  ]
  const calls = () => ({
    table: reads.reduce((sum, spy) => sum + spy.mock.calls.length, 0),
    keys: fleet.kms.counts(),
    looker: fleet.looker.counts().calls,
  })
  return { ...fleet, calls }
}

const noCalls = { table: 0, keys: { GenerateDataKey: 0, Decrypt: 0 }, looker: {} }

describe('rights by role', () => {
  let broker: Broker

  beforeAll(async () => {
    broker = (await countedFleet()).coldStart()
  })

  it.each(Object.keys(allowed).flatMap((role) => asked.map((what) => [role, what] as const)))(
    'decide whether %s gets the token of %s',
    async (role, what) => {
      const event = httpEvent({ authorizer: signedBy(role), body: bodyOf(what) })

      const { statusCode } = await create(() => broker).handler(event, context)

      expect(statusCode).toBe(allowed[role]?.includes(what) ? 200 : 403)
    },
  )

  it('refuse before table, keys or Looker are asked', async () => {
    const { coldStart, calls } = await countedFleet()
    const { handler } = create(coldStart)
    const refused = Object.keys(allowed).flatMap((role) =>
      asked.filter((what) => !allowed[role]?.includes(what)).map((what) => ({ role, what })),
    )

    for (const { role, what } of refused) {
      await handler(httpEvent({ authorizer: signedBy(role), body: bodyOf(what) }), context)
    }

    expect(refused).toHaveLength(36)
    expect(calls()).toEqual(noCalls)
  })
})

describe('a caller without a role', () => {
  it.each<[string, unknown]>([
    [
      'a user',
      signedBy({ accountId: account, userArn: `arn:aws:iam::${account}:user/everything` }),
    ],
    ['root', signedBy({ accountId: account, userArn: `arn:aws:iam::${account}:root` })],
    [
      'a role of another account than the gateway names',
      signedBy({
        accountId: '999999999999',
        userArn: `arn:aws:sts::${account}:assumed-role/everything/s`,
      }),
    ],
    ['an empty authorizer', {}],
    ['a JWT', { jwt: { claims: { sub: 'everything' } } }],
    ['null', null],
    ['a text', 'everything'],
  ])('as %s gets 401 and a challenge, and nothing is asked', async (_, authorizer) => {
    const { coldStart, calls } = await countedFleet()

    const answer = await create(coldStart).handler(
      httpEvent({ authorizer, body: 'no JSON' }),
      context,
    )

    expect(answer).toMatchObject({ statusCode: 401, headers: { 'www-authenticate': 'Bearer' } })
    expect(calls()).toEqual(noCalls)
  })

  it('gets 401 when the gateway has no authorizer', async () => {
    const { coldStart, calls } = await countedFleet()
    const { requestContext: _, ...event } = httpEvent({ body: '{}' })

    const answer = await create(coldStart).handler({ ...event, requestContext: {} }, context)

    expect(answer.statusCode).toBe(401)
    expect(calls()).toEqual(noCalls)
  })
})

describe('a claimed identity', () => {
  const arn = `arn:aws:sts::${account}:assumed-role/everything/s`
  const iam = { accountId: account, userArn: arn }

  it.each<[string, Parameters<typeof httpEvent>[0] & Record<string, unknown>]>([
    [
      'in headers',
      { headers: { 'x-role': 'everything', 'x-amzn-iam-arn': arn, authorization: arn } },
    ],
    ['in the path', { rawPath: '/api-token/everything' }],
    ['in path parameters', { pathParameters: { role: 'everything', account } }],
    ['in cookies', { cookies: [`role=everything`, `arn=${arn}`] }],
    ['in stage variables', { stageVariables: { role: 'everything' } }],
    ['beside the request context', { iam, authorizer: signedBy('nothing'), identity: iam }],
  ])('%s has no influence', async (_, claims) => {
    const { coldStart, calls } = await countedFleet()
    const event = { ...httpEvent({ body: '{}' }), ...claims }
    const requestContext = { requestId: 'r', authorizer: signedBy('nothing'), identity: iam }

    const { statusCode } = await create(coldStart).handler({ ...event, requestContext }, context)

    expect(statusCode).toBe(403)
    expect(calls()).toEqual(noCalls)
  })

  it.each(['role', 'account', 'userArn', 'iam', 'requestContext', 'caller'])(
    'in the field %s of the body is an unknown field',
    async (name) => {
      const { coldStart, calls } = await countedFleet()
      const body = JSON.stringify({ [name]: 'everything' })

      const { statusCode } = await create(coldStart).handler(httpEvent({ body }), context)

      expect(statusCode).toBe(400)
      expect(calls()).toEqual(noCalls)
    },
  )
})

describe('direct invocation', () => {
  it.each<[string, object, readonly string[]]>([
    ['nothing by default', {}, []],
    ['the service account', { service_account: true }, ['service']],
    ['one user', { users: ['7'] }, ['7']],
    ['users in dev', { users: 'any', workspaces: ['dev'] }, ['7 dev', '8 dev']],
  ])('gives %s, by its own entry of the tenant file', async (_, direct, expected) => {
    const { coldStart } = await countedFleet(direct)
    const broker = coldStart()

    const answers = await Promise.all(
      asked.map(async (what) => ({
        what,
        answer: await create(() => broker).direct(JSON.parse(bodyOf(what)), context),
      })),
    )

    const given = answers.filter(({ answer }) => Object.hasOwn(Object(answer), 'access_token'))
    expect(given.map(({ what }) => what)).toEqual(expected)
  })

  it('refuses before table, keys or Looker are asked', async () => {
    const { coldStart, calls } = await countedFleet()

    const answer = await create(coldStart).direct({}, context)

    expect(answer).toMatchObject({ status: 403 })
    expect(calls()).toEqual(noCalls)
  })

  it.each<[string, unknown]>([
    ['of the gateway', httpEvent({ authorizer: signedBy('everything') })],
    ['with an empty request context', { requestContext: {} }],
    ['with a request context of null', { requestContext: null }],
  ])('refuses an event %s', async (_, event) => {
    const { coldStart, calls } = await countedFleet({ service_account: true })

    const answer = await create(coldStart).direct(event, context)

    expect(answer).toMatchObject({
      status: 403,
      type: 'urn:problem-type:looker-token-broker:forbidden',
      detail: 'This function is not for an HTTP API.',
    })
    expect(calls()).toEqual(noCalls)
  })

  it.each<[string, unknown, number]>([
    ['a direct payload', { user_id: '7' }, 403],
    ['nothing', undefined, 403],
    ['a text', 'requestContext', 403],
    ['an event of payload format 1.0', { version: '1.0', requestContext: {} }, 500],
    ['a request context that is none', { version: '2.0', requestContext: 'x' }, 500],
  ])('of the HTTP function with %s is refused', async (_, event, status) => {
    const { coldStart, calls } = await countedFleet({ service_account: true, users: 'any' })

    const { statusCode } = await create(coldStart).handler(event, context)

    expect(statusCode).toBe(status)
    expect(calls()).toEqual(noCalls)
  })
})
