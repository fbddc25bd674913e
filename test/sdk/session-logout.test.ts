// Ceasing to be somebody, and what a session says of itself: logout, reset and the life of its tokens.
import { describe, expect, it } from 'vitest'
import { AuthToken } from '@looker/sdk-rtl'
import { TokenError } from '../../lib/sources/token-error.ts'
import { gate, request, together } from './session-parts.ts'

const refusal = new TokenError('forbidden', 'not this user')

describe('logout', () => {
  it('forgets, and the next request asks again', async () => {
    const { session } = together()
    await session.login()

    const result = await session.logout()

    expect(result).toBe(true)
    expect(session.isAuthenticated()).toBe(false)
    expect((await session.authenticate(request())).headers).toEqual({
      Authorization: 'Bearer token-of-service-production-2',
    })
    expect(session.isAuthenticated()).toBe(true)
  })

  it('sends nothing to Looker: others use the token', async () => {
    const { session, sent } = together()
    await session.login('7')

    await session.logout()
    await session.logout()

    expect(sent).toEqual([])
  })

  it('of a user leaves the base logged in, without asking when it was', async () => {
    const { session, asked } = together()
    await session.login()
    await session.login('7')

    const result = await session.logout()

    expect(result).toBe(true)
    expect(session.isAuthenticated()).toBe(true)
    expect(session.isSudo()).toBe(false)
    expect(session.sudoId).toBe('')
    expect(asked).toHaveLength(2)
  })

  it('of a user leaves the base logged in, which never was before', async () => {
    const { session, asked } = together()
    await session.login('7')

    await session.logout()

    expect(session.isAuthenticated()).toBe(true)
    expect(asked.map((each) => each.request.userId)).toEqual(['7', undefined])
  })

  it('of a user succeeds where the base may have no token, and says so of itself', async () => {
    const { session, answer } = together()
    await session.login('7')
    answer.before = () => Promise.reject(refusal)

    const result = await session.logout()

    expect(result).toBe(true)
    expect(session.userId).toBeUndefined()
    expect(session.isAuthenticated()).toBe(false)
    await expect(session.authenticate(request())).rejects.toBe(refusal)
  })

  it('twice ends the user first and the base then', async () => {
    const { session } = together()
    await session.login()
    await session.login('7')

    const results = [await session.logout(), await session.logout(), await session.logout()]

    expect(results).toEqual([true, true, false])
    expect(session.isAuthenticated()).toBe(false)
  })

  it('of a user whose token has ended says so, asks for none, and goes back all the same', async () => {
    const { session, time, asked } = together()
    await session.login('7')
    time.nowAtMs = 3_600_000

    const result = await session.logout()

    expect(result).toBe(false)
    expect(session.userId).toBeUndefined()
    expect(asked).toHaveLength(1)
  })

  it('is not undone by a token that was asked for before', async () => {
    const { session, answer } = together()
    await session.login()
    const { opened, open } = gate()
    answer.before = () => opened

    const authenticated = session.authenticate(request())
    await session.logout()
    open()
    await authenticated

    expect(session.isAuthenticated()).toBe(false)
  })
})

describe('reset', () => {
  it('forgets user and base', async () => {
    const { session, asked } = together({ userId: '5' })
    await session.login()
    await session.login('7')

    session.reset()

    expect(session.userId).toBe('5')
    expect(session.sudoId).toBe('')
    expect(session.isAuthenticated()).toBe(false)
    expect(asked).toHaveLength(2)
  })
})

describe('the life of a token', () => {
  it('ends the authentication of the session at its end by the clock, and not before', async () => {
    const { session, time } = together()
    await session.login('7')

    time.nowAtMs = 3_599_999
    const before = [session.isAuthenticated(), session.isSudo()]
    time.nowAtMs = 3_600_000
    const after = [session.isAuthenticated(), session.isSudo()]

    expect(before).toEqual([true, true])
    expect(after).toEqual([false, false])
  })

  it('does not end whose the session is: the next request gets a new token of the same user', async () => {
    const { session, time } = together()
    await session.login('7')
    time.nowAtMs = 7_200_000

    const { headers } = await session.authenticate(request())

    expect(headers).toEqual({ Authorization: 'Bearer token-of-7-production-2' })
    expect(session.isSudo()).toBe(true)
  })

  it.each([
    [1_800_000, 1800, true],
    [3_600_900, 3600, true],
    [9_999, 9, false],
    [-1, 0, false],
  ])('of %d ms more is told in the seconds that are left', async (lifeMs, seconds, isActive) => {
    const { session, answer } = together()
    answer.lifeMs = lifeMs

    const token = await session.getToken()

    expect(token.expires_in).toBe(seconds)
    expect(token.isActive()).toBe(isActive)
  })
})

describe('getToken', () => {
  it('is of whose the session is', async () => {
    const { session } = together()
    await session.login('7')

    const token = await session.getToken()

    expect(token).toBeInstanceOf(AuthToken)
    expect(token.access_token).toBe('token-of-7-production-2')
  })

  it('logs a cold session in', async () => {
    const { session } = together()

    await session.getToken()

    expect(session.isAuthenticated()).toBe(true)
  })
})
