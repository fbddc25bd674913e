// Sessions made from one another, and what they share.
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { gate, request, together } from './session-parts.ts'

const authorizations = async (
  sessions: readonly ReturnType<typeof together>['session'][],
): Promise<unknown[]> => {
  const all = await Promise.all(sessions.map((session) => session.authenticate(request())))
  return all.map(({ headers }) => headers['Authorization'])
}

describe('sessions made from one another', () => {
  it('work side by side, each as its own user in its own workspace', async () => {
    const { session } = together()
    const user = session.asUser(7)
    const dev = user.inWorkspace('dev')

    const tokens = await authorizations([session, user, dev, dev.asServiceAccount()])

    expect(tokens).toEqual([
      'Bearer token-of-service-production-1',
      'Bearer token-of-7-production-2',
      'Bearer token-of-7-dev-3',
      'Bearer token-of-service-dev-4',
    ])
  })

  it('share transport and source', async () => {
    const { session, transport, asked } = together()

    const user = session.asUser('7')
    await user.login()

    expect(user.transport).toBe(transport)
    expect(asked).toHaveLength(1)
  })

  it('are not changed by what one of them does', async () => {
    const { session } = together()
    const user = session.asUser('7')
    await user.login()

    await session.login('8')
    await session.logout()
    session.reset()
    session.settings.agentTag = 'changed'
    session.settings.headers = { changed: 'yes' }

    expect(user.userId).toBe('7')
    expect(user.isAuthenticated()).toBe(true)
    expect(user.settings).toMatchObject({ agentTag: '', headers: {} })
  })

  it('do not know what another has got', async () => {
    const { session } = together()
    await session.login()

    expect(session.asServiceAccount().isAuthenticated()).toBe(false)
    expect(session.asUser('7').isAuthenticated()).toBe(false)
  })

  it('have the user that a login made, and keep it when that ends', async () => {
    const { session } = together()
    await session.login('7')

    const dev = session.inWorkspace('dev')
    await session.logout()
    await dev.login('8')
    await dev.logout()

    expect(dev.userId).toBe('7')
    expect(dev.sudoId).toBe('')
    expect(dev.workspace).toBe('dev')
  })

  it('of a service account are so from a user session as well', async () => {
    const { session } = together({ userId: '7', workspace: 'dev' })

    const service = session.asServiceAccount()

    expect(service.userId).toBeUndefined()
    expect(service.workspace).toBe('dev')
  })

  it('are not made for what is no user', () => {
    const { session } = together()

    expect(() => session.asUser('')).toThrow(expect.objectContaining({ code: 'invalid-options' }))
    expect(() => session.asUser(0.5)).toThrow(expect.objectContaining({ code: 'invalid-options' }))
    expect(session.asUser('00000000000000000001').userId).toBe('00000000000000000001')
  })

  it('are not made for what is no workspace', () => {
    const { session } = together()
    const unverified = JSON.parse('"staging"')

    expect(() => session.inWorkspace(unverified)).toThrow(
      expect.objectContaining({ code: 'invalid-options' }),
    )
  })

  it('hold a hundred calls of several users at once apart', async () => {
    const { session, answer } = together()
    const { opened, open } = gate()
    answer.before = () => opened
    const sessions = Array.from({ length: 100 }, (_, index) => session.asUser(index % 5))

    const tokens = authorizations(sessions)
    open()

    const users = (await tokens).map((token) => /token-of-(\d)-/.exec(String(token))?.[1])
    expect(users).toEqual(sessions.map(({ userId }) => userId))
  })
})

describe('what is shown of a session', () => {
  it('holds no token', async () => {
    const { session } = together()
    await session.login()
    await session.login('7')
    await session.authenticate(request())

    const shown = [JSON.stringify(session), inspect(session, { depth: 10, getters: true })]

    expect(shown.join()).toContain('looker.example')
    expect(shown.join()).not.toContain('token-of')
  })

  it('is in its settings, which hold no credentials', () => {
    const { session } = together({ timeout: 30, maxTries: 3, headers: { 'x-team': 'a' } })

    expect(session.settings).toMatchObject({
      base_url: 'https://looker.example',
      verify_ssl: true,
      timeout: 30,
      maxTries: 3,
      headers: { 'x-team': 'a' },
    })
    expect(session.settings.isConfigured()).toBe(true)
    expect(session.settings.readConfig()).toEqual({})
  })

  it('has the defaults of the SDK', () => {
    const { session } = together()

    expect(session.settings).toMatchObject({ timeout: 120, maxTries: 1, headers: {} })
  })
})
