// Being somebody else: login, and whose a session is when several are under way.
import { describe, expect, it } from 'vitest'
import { AuthToken } from '@looker/sdk-rtl'
import { TokenError } from '../../lib/sources/token-error.ts'
import { gate, request, together } from './session-parts.ts'

const refusal = new TokenError('forbidden', 'not this user')

describe('a new session', () => {
  it('is nobody yet, and has asked for nothing', () => {
    const { session, asked } = together()

    expect(session.isAuthenticated()).toBe(false)
    expect(session.isSudo()).toBe(false)
    expect(session.sudoId).toBe('')
    expect(session.userId).toBeUndefined()
    expect(session.workspace).toBe('production')
    expect(asked).toEqual([])
  })

  it('is not authenticated by a logout, which says so', async () => {
    const { session, asked } = together()

    const result = await session.logout()

    expect(result).toBe(false)
    expect(session.isAuthenticated()).toBe(false)
    expect(asked).toEqual([])
  })

  it('is authenticated by its first request', async () => {
    const { session } = together()

    await session.authenticate(request())

    expect(session.isAuthenticated()).toBe(true)
    expect(session.isSudo()).toBe(false)
  })

  it('made for a user is no sudo session', async () => {
    const { session } = together({ userId: '7' })

    await session.login()

    expect(session.userId).toBe('7')
    expect(session.sudoId).toBe('')
    expect(session.isSudo()).toBe(false)
  })

  it('cannot be made somebody else by writing into it', () => {
    const { session } = together()

    expect(() => Object.assign(session, { sudoId: '7' })).toThrow(TypeError)
    expect(() => Object.assign(session, { userId: '7' })).toThrow(TypeError)
  })
})

describe('login', () => {
  it('gets a token in the form that the SDK knows', async () => {
    const { session } = together()

    const token = await session.login()

    expect(token).toBeInstanceOf(AuthToken)
    expect(token.access_token).toBe('token-of-service-production-1')
    expect(token.token_type).toBe('Bearer')
    expect(token.expires_in).toBe(3600)
    expect(token.isActive()).toBe(true)
    expect(session.isAuthenticated()).toBe(true)
  })

  it.each([
    ['7', '7'],
    [7, '7'],
    ['12345678901234567890', '12345678901234567890'],
    [0, '0'],
  ])('makes a cold session the user %s, with one request', async (id, userId) => {
    const { session, asked } = together()

    const token = await session.login(id)

    expect(token.access_token).toBe(`token-of-${userId}-production-1`)
    expect(asked).toHaveLength(1)
    expect(session.userId).toBe(userId)
    expect(session.sudoId).toBe(userId)
    expect(session.isSudo()).toBe(true)
  })

  it.each(['', ' ', '7/..', 'abc', '123456789012345678901', 1.5, -1, NaN, 2 ** 53])(
    'refuses %j, which is no id, and asks for nobody instead',
    async (id) => {
      const { session, asked } = together()

      const login = session.login(id)

      await expect(login).rejects.toMatchObject({ name: 'TokenError', code: 'invalid-options' })
      expect(asked).toEqual([])
    },
  )

  it('goes from one user to another', async () => {
    const { session } = together()
    await session.login('7')

    await session.login('8')

    expect((await session.authenticate(request())).headers).toEqual({
      Authorization: 'Bearer token-of-8-production-3',
    })
  })

  it('without an id goes back to whom the session was made for', async () => {
    const { session } = together({ userId: '5' })
    await session.login('7')

    const token = await session.login()

    expect(token.access_token).toBe('token-of-5-production-2')
    expect(session.userId).toBe('5')
    expect(session.isSudo()).toBe(false)
  })

  it('leaves the session whose it was when there is no token', async () => {
    const { session, answer } = together()
    await session.login('7')
    answer.before = ({ userId }) => (userId === '8' ? Promise.reject(refusal) : Promise.resolve())

    const login = session.login('8')

    await expect(login).rejects.toBe(refusal)
    expect(session.userId).toBe('7')
    expect(session.isSudo()).toBe(true)
  })

  it('to the base leaves the session a user when the base has no token', async () => {
    const { session, answer } = together()
    await session.login('7')
    answer.before = () => Promise.reject(refusal)

    const login = session.login()

    await expect(login).rejects.toBe(refusal)
    expect(session.userId).toBe('7')
  })

  it('counts from the token only: until then the session is whose it was', async () => {
    const { session, answer } = together()
    const { opened, open } = gate()
    answer.before = () => opened

    const login = session.login('7')
    const during = session.userId
    open()
    await login

    expect(during).toBeUndefined()
    expect(session.userId).toBe('7')
  })

  it.each([
    ['7', '8'],
    ['8', '7'],
  ])('of two at once is the later call, when that of %s is answered first', async (first) => {
    const { session, answer } = together()
    const gates = { '7': gate(), '8': gate() }
    answer.before = ({ userId }) => gates[userId === '7' ? '7' : '8'].opened

    const logins = { '7': session.login('7'), '8': session.login('8') }
    const [before, after] = first === '7' ? (['7', '8'] as const) : (['8', '7'] as const)
    gates[before].open()
    await logins[before]
    gates[after].open()
    await logins[after]

    expect(session.userId).toBe('8')
  })

  it('of two at once is the earlier call when the later one gets no token', async () => {
    const { session, answer } = together()
    const { opened, open } = gate()
    answer.before = ({ userId }) => (userId === '8' ? Promise.reject(refusal) : opened)

    const earlier = session.login('7')
    await expect(session.login('8')).rejects.toBe(refusal)
    open()
    await earlier

    expect(session.userId).toBe('7')
  })

  it.each(['logout', 'reset'] as const)('is overtaken by a later %s', async (later) => {
    const { session, answer } = together()
    const { opened, open } = gate()
    answer.before = () => opened

    const login = session.login('7')
    await session[later]()
    open()
    await login

    expect(session.userId).toBeUndefined()
    expect(session.isAuthenticated()).toBe(false)
  })
})
