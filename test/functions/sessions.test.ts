// The rim of the Sessions page: who is an administrator, what may be asked for, and what is answered.
import { describe, expect, it, vi } from 'vitest'
import { create } from '../../functions/sessions.ts'
import type { AdminBroker } from '../../lib/embed-broker.ts'
import type { Administration } from '../../lib/embed/administration.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import { parseTenant } from '../../lib/config.ts'
import { account, context, rimBroker, signedBy, stoppedClock } from './calls.ts'

const app = 'https://app.customer.example'
const page = 'https://admin.customer.example'
const issuer = 'https://issuer.example.com'
const jwt = { jwt: { issuer, scopes: ['sessions'], audience: ['broker'] } }
const iam = { iam: [{ account, role: 'support' }] }
const signedIn = { jwt: { claims: { sub: 'grace' }, scopes: ['sessions'] } }

const tenantOf = (admin: object | undefined) =>
  parseTenant(
    {
      looker: { base_url: 'https://looker.example.com', client_id: 'rim-client' },
      origins: [app],
      identity: { jwt: { issuer, audience: ['broker'] } },
      embed: { user: { external_user_id: { claim: 'sub' } } },
      ...(admin ? { admin } : {}),
    },
    { allowLoopback: false },
  )

const rim = (admin: object | undefined = { ...jwt, origins: [page] }) => {
  const events: BrokerEvent[] = []
  const administration = {
    list: vi.fn<Administration['list']>(async () => ({ sessions: [], next: null })),
    endOne: vi.fn<Administration['endOne']>(async () => ({ ended: true, confirmed: true })),
    endAll: vi.fn<Administration['endAll']>(async () => ({ ended: true, confirmed: true })),
  }
  const tenant = tenantOf(admin)
  const broker: AdminBroker = {
    ...rimBroker({ tenant, clock: stoppedClock() }).broker,
    report: (event) => void events.push(event),
    administration: tenant.admin ? administration : undefined,
  }
  const { handler, direct } = create(() => broker)
  const ask = async (method: 'GET' | 'DELETE' | 'POST', changes: object = {}) => {
    const event = {
      version: '2.0',
      rawQueryString: '',
      requestContext: { http: { method }, authorizer: signedIn },
      headers: { origin: page },
      ...changes,
    }
    const { statusCode, headers = {}, body = '' } = await handler(event, context)
    const answer = JSON.parse(body)
    expect(headers).toMatchObject({ 'cache-control': 'no-store' })
    if (statusCode !== 200) {
      expect(headers['content-type']).toBe('application/problem+json')
      expect(answer).toMatchObject({ status: statusCode, request_id: 'request-1' })
    }
    return { status: statusCode, code: answer.type?.split(':').at(-1), answer }
  }
  const calls = () =>
    Object.values(administration).reduce((sum, call) => sum + call.mock.calls.length, 0)
  return { ...administration, ask, direct, events, calls }
}

describe('the routes', () => {
  it('list, end one and end all', async () => {
    const { ask, list, endOne, endAll } = rim()

    await ask('GET', { rawQueryString: 'limit=7&cursor=next' })
    await ask('GET', { rawQueryString: 'user=a%26b%20c' })
    await ask('DELETE', { pathParameters: { id: 'some-id' } })
    await ask('DELETE', { rawQueryString: 'user=ada' })

    expect(list.mock.calls.map(([asked]) => asked)).toEqual([
      { limit: 7, cursor: 'next' },
      { limit: 25, user: 'a&b c' },
    ])
    expect(endOne.mock.calls.map(([id]) => id)).toEqual(['some-id'])
    expect(endAll.mock.calls.map(([user]) => user)).toEqual(['ada'])
  })

  it.each([
    ['GET', 'limit=0'],
    ['GET', 'limit=101'],
    ['GET', 'limit=1.5'],
    ['GET', 'limit='],
    ['GET', 'limit=1e1'],
    ['GET', 'user='],
    ['GET', 'cursor='],
    ['GET', 'user=ada&cursor=next'],
    ['GET', 'user=ada&user=bob'],
    ['GET', 'order=asc'],
    ['GET', '__proto__=x'],
    ['DELETE', ''],
    ['DELETE', 'user='],
    ['DELETE', 'user=ada&user=ada'],
    ['DELETE', 'user=ada&limit=1'],
    ['DELETE', `user=${'a'.repeat(201)}`],
  ] as const)('refuse %s with ?%s', async (method, rawQueryString) => {
    const { ask, calls } = rim()

    const { status, code } = await ask(method, { rawQueryString })

    expect([status, code, calls()]).toEqual([400, 'invalid-request', 0])
  })

  it('refuse a query beside an id', async () => {
    const { ask, calls } = rim()

    const asked = { pathParameters: { id: 'some-id' }, rawQueryString: 'user=ada' }

    expect([(await ask('DELETE', asked)).status, calls()]).toEqual([400, 0])
  })

  it.each(['limit=1', 'limit=100'])('take ?%s', async (rawQueryString) => {
    expect((await rim().ask('GET', { rawQueryString })).status).toBe(200)
  })

  it.each(['GET', 'POST'] as const)('end nothing by %s, though an id is named', async (method) => {
    const { ask, endOne, endAll } = rim()

    await ask(method, { pathParameters: { id: 'some-id' } })

    expect([endOne.mock.calls, endAll.mock.calls]).toEqual([[], []])
  })

  it('know no other method', async () => {
    expect(await rim().ask('POST')).toMatchObject({ status: 404, code: 'not-found' })
  })
})

describe('the caller', () => {
  it.each([
    ['nobody', jwt, undefined, 401],
    ['who has no token but a role', jwt, signedBy('support'), 401],
    ['a role that is not named', iam, signedBy('reports'), 403],
    [
      'a role of the same name in another account',
      iam,
      {
        iam: {
          accountId: '999988887777',
          userArn: 'arn:aws:sts::999988887777:assumed-role/support/s',
        },
      },
      403,
    ],
    ['who has no role but a token', iam, signedIn, 401],
    ['the named role', iam, signedBy('support'), 200],
    ['who has signed in', jwt, signedIn, 200],
  ])('is %s', async (_, admin, authorizer, status) => {
    const { ask, calls } = rim(admin)

    const answered = await ask('GET', {
      requestContext: { http: { method: 'GET' }, authorizer },
      headers: {},
    })

    expect([answered.status, calls()]).toEqual([status, status === 200 ? 1 : 0])
  })

  it.each([
    [page, 200],
    [undefined, 200],
    [app, 403],
    ['null', 403],
    [`${page}.evil.example`, 403],
  ])('comes from the page %s', async (origin, status) => {
    const { ask, calls } = rim()

    const answered = await ask('GET', { headers: origin ? { origin } : {} })

    expect([answered.status, calls()]).toEqual([status, status === 200 ? 1 : 0])
  })

  it('finds nothing where the tenant has no administrators', async () => {
    const event = { version: '2.0', requestContext: { http: { method: 'GET' } } }
    const { direct, ask } = rim({ ...jwt, origins: [page], direct: true })
    const none = create(() => ({
      ...rimBroker({ tenant: tenantOf(undefined), clock: stoppedClock() }).broker,
      administration: undefined,
    }))

    expect((await none.handler(event, context)).statusCode).toBe(404)
    expect(await none.direct({ action: 'list' }, context)).toMatchObject({
      type: expect.stringContaining(':not-found'),
    })
    expect((await ask('GET')).status).toBe(200)
    expect(await direct({ action: 'list' }, context)).toMatchObject({ sessions: [] })
  })
})

it('a tenant that keeps no sessions has none to administer, whoever asks', async () => {
  const tenant = tenantOf({ ...jwt, direct: true })
  const { broker } = rimBroker({ tenant, clock: stoppedClock() })
  const { handler, direct } = create(() => ({ ...broker, administration: undefined }))
  const requestContext = { http: { method: 'GET' }, authorizer: signedIn }

  const answer = await handler({ version: '2.0', requestContext }, context)

  expect(answer.statusCode).toBe(404)
  expect(await direct({ action: 'list' }, context)).toMatchObject({
    type: expect.stringContaining(':not-found'),
  })
})

describe('the direct twin', () => {
  it('lists, ends one and ends all', async () => {
    const { direct, list, endOne, endAll } = rim({ ...jwt, direct: true })

    await direct({ action: 'list', limit: 7, cursor: 'next' }, context)
    await direct({ action: 'list', user: 'ada' }, context)
    await direct({ action: 'end', id: 'some-id' }, context)
    await direct({ action: 'end-all', user: 'ada' }, context)

    expect(list.mock.calls.map(([asked]) => asked)).toEqual([
      { limit: 7, cursor: 'next' },
      { limit: 25, user: 'ada' },
    ])
    expect(endOne.mock.calls.map(([id]) => id)).toEqual(['some-id'])
    expect(endAll.mock.calls.map(([user]) => user)).toEqual(['ada'])
  })

  it('is refused where the tenant file does not allow it', async () => {
    const { direct, calls } = rim()

    expect(await direct({ action: 'list' }, context)).toMatchObject({
      type: expect.stringContaining(':forbidden'),
    })

    expect(calls()).toBe(0)
  })

  it.each([
    { action: 'list', limit: 0 },
    { action: 'list', limit: 101 },
    { action: 'list', order: 'asc' },
    { action: 'list', limit: '7' },
    { action: 'list', limit: 1.5 },
    { action: 'list', id: 'some-id' },
    { action: 'end' },
    { action: 'end', id: 7 },
    { action: 'end', id: 'some-id', user: 'ada' },
    { action: 'end-all' },
    { action: 'end-all', user: '' },
    { action: 'end-all', user: 'ada', id: 'some-id' },
    { action: 'end-all', user: 'ada', limit: 1 },
    { action: 'forget' },
    { action: 'list', user: 'ada', cursor: 'next' },
    {},
  ])('refuses %j', async (payload) => {
    const { direct, calls } = rim({ ...jwt, direct: true })

    expect(await direct(payload, context)).toMatchObject({
      type: expect.stringContaining(':invalid-request'),
    })

    expect(calls()).toBe(0)
  })
})
