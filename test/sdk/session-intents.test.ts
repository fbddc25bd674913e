// What the authors of Looker's SDKs expect of their sessions and settings, in TypeScript and Python, of ours.
import { describe, expect, it } from 'vitest'
import type { BrokerSession } from '../../lib/sdk/types.ts'
import { aFunction, iniText, prepared } from './init-parts.ts'
import { request, together } from './session-parts.ts'

type Intent = [string, (session: BrokerSession) => Promise<unknown>, unknown]

const standingOf = (session: BrokerSession): string =>
  `${session.isSudo() ? 'sudo' : 'base'}, ${session.isAuthenticated() ? 'in' : 'out'}`

const authorizationOf = async (session: BrokerSession): Promise<unknown> =>
  (await session.authenticate(request())).headers['Authorization']

describe('a session, as the authors of the SDKs expect it,', () => {
  it.each<Intent>([
    ['starts unauthenticated', async (session) => standingOf(session), 'base, out'],
    [
      'answers a logout without a login with false',
      async (session) => [await session.logout(), standingOf(session)],
      [false, 'base, out'],
    ],
    [
      'logs in and out',
      async (session) => [
        Boolean((await session.login()).access_token),
        standingOf(session),
        await session.logout(),
        standingOf(session),
      ],
      [true, 'base, in', true, 'base, out'],
    ],
    [
      'logs in by itself at the first request',
      async (session) => [await authorizationOf(session), standingOf(session)],
      ['Bearer token-of-service-production-1', 'base, in'],
    ],
    [
      'logs in by itself after a logout too',
      async (session) => {
        await session.login()
        await session.logout()
        return [await authorizationOf(session), standingOf(session)]
      },
      ['Bearer token-of-service-production-2', 'base, in'],
    ],
    [
      'keeps the headers of the request',
      async (session) => (await session.authenticate(request({ foo: 'bar' }))).headers,
      { foo: 'bar', Authorization: 'Bearer token-of-service-production-1' },
    ],
    [
      'becomes a user without a login before',
      async (session) => {
        await session.login(5)
        return [standingOf(session), await authorizationOf(session)]
      },
      ['sudo, in', 'Bearer token-of-5-production-2'],
    ],
    [
      'is no user after a login without one',
      async (session) => {
        await session.login()
        return standingOf(session)
      },
      'base, in',
    ],
    [
      'is logged in as before when it ceases to be a user',
      async (session) => {
        await session.login(5)
        return [await session.logout(), standingOf(session)]
      },
      [true, 'base, in'],
    ],
  ])('%s', async (_, run, expected) => {
    const { session } = together()

    const seen = await run(session)

    expect(seen).toEqual(expected)
  })

  it('has the settings of the first section, of any section by name, and of variables before both', () => {
    const env: Record<string, string> = { ...aFunction }
    const { init } = prepared({ env, files: { 'looker.ini': iniText } })

    const [first, named, second] = [undefined, 'Looker', 'Second'].map(
      (section) => init({ section }).settings.timeout,
    )
    env['LOOKERSDK_TIMEOUT'] = '66'

    expect([first, named, second]).toEqual([31, 31, 30])
    expect(init({ section: 'Second' }).settings.timeout).toBe(66)
  })
})
