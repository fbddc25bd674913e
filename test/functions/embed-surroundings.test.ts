// What comes with a body through the gateway, and what comes without a gateway.
import { describe, expect, it } from 'vitest'
import { context } from './calls.ts'
import {
  app,
  ask,
  askAs,
  directPayloads,
  embedRim,
  pageEvent,
  routes,
  userAgent,
} from './embed-calls.ts'

const [getAcquire, , , , getSession, deleteSession] = routes
const session = 'c2VhbGVkLXNlc3Npb24_-'

describe('a query', () => {
  it.each(routes)('at $route is refused: no token may stand in an address', async (route) => {
    for (const rawQueryString of ['api_token=x', 'x', '&']) {
      const { statusCode, calls } = await ask(route, { rawQueryString })

      expect(statusCode).toBe(400)
      expect(calls).toBe(0)
    }
  })
})

describe('a method', () => {
  it.each(['HEAD', 'POST', 'get', ''])('%s of a session is none', async (method) => {
    const rim = embedRim()
    const event = pageEvent(getSession)
    const requestContext = { ...event.requestContext, http: { method } }

    const { statusCode } = await askAs(rim, getSession, { ...event, requestContext })

    expect(statusCode).toBe(404)
    expect(rim.calls()).toBe(0)
  })

  it('that is absent is none', async () => {
    const rim = embedRim()
    const event = pageEvent(deleteSession)
    const { http: _, ...requestContext } = event.requestContext

    const { statusCode } = await askAs(rim, deleteSession, { ...event, requestContext })

    expect(statusCode).toBe(404)
    expect(rim.calls()).toBe(0)
  })

  it('decides between the state and the end of a session', async () => {
    const asked = await ask(getSession)
    const ended = await ask(deleteSession)

    expect(asked.service.end).not.toHaveBeenCalled()
    expect(ended.service.state).not.toHaveBeenCalled()
    expect(ended.service.end.mock.calls[0]?.[1].by).toBe('user')
  })
})

describe('headers', () => {
  it.each<[string, unknown]>([
    ['a text', 'user-agent: x'],
    ['null', null],
    ['lists', { 'user-agent': [userAgent], origin: [app] }],
    ['numbers', { 'user-agent': 1 }],
  ])('that are %s come from no gateway', async (_, headers) => {
    const rim = embedRim()

    const { statusCode } = await askAs(rim, getAcquire, { ...pageEvent(getAcquire), headers })

    expect(statusCode).toBe(500)
    expect(rim.calls()).toBe(0)
  })
})

describe('a direct payload', () => {
  it.each<[keyof typeof directPayloads, object, string[]]>([
    ['acquire', { session }, ['/session']],
    [
      'acquire',
      { external_user_id: 'eve', permissions: [] },
      ['/external_user_id', '/permissions'],
    ],
    ['acquire', { user_agent: 7 }, ['/user_agent']],
    ['acquire', { embed_domain: null }, ['/embed_domain']],
    ['acquire', { device: 7 }, ['/device']],
    ['acquire', { device: 'x' }, ['']],
    ['generate', { api_token: undefined }, ['/api_token']],
    ['generate', { navigation_token: 'a b' }, ['/navigation_token']],
    ['session', { action: undefined }, ['/action']],
    ['session', { action: 'start' }, ['/action']],
    ['session', { by: 'eve' }, ['/by']],
    ['session', JSON.parse('{"__proto__":{"by":"administrator"}}'), ['/__proto__']],
  ])('of %s with %j is refused', async (name, changes, pointers) => {
    const { functions, calls } = embedRim()
    const payload: object = Object.defineProperties(
      { ...directPayloads[name] },
      Object.getOwnPropertyDescriptors(changes),
    )

    const problem = await functions[name].direct(payload, context)

    expect(problem).toMatchObject({ status: 400, errors: pointers.map((pointer) => ({ pointer })) })
    expect(calls()).toBe(0)
  })

  it.each([[], 'x', null, undefined, 7])('that is %j is refused', async (payload) => {
    const { functions, calls } = embedRim()

    for (const name of ['acquire', 'generate', 'session'] as const) {
      expect(await functions[name].direct(payload, context)).toMatchObject({ status: 400 })
    }
    expect(calls()).toBe(0)
  })

  it('ends a session in the name of the user, unless it says an administrator', async () => {
    const { functions, service } = embedRim()
    const end = { ...directPayloads.session, action: 'end' }

    await functions.session.direct(end, context)
    await functions.session.direct({ ...end, by: 'administrator' }, context)
    await functions.session.direct(directPayloads.session, context)

    expect(service.end.mock.calls.map(([, { by }]) => by)).toEqual(['user', 'administrator'])
    expect(service.state).toHaveBeenCalledTimes(1)
  })
})
