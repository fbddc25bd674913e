import { describe, expect, it } from 'vitest'
import { parseTenant } from '../../lib/config.ts'
import { mayHave, rightsOf } from '../../lib/identity/rights.ts'
import type { Rights } from '../../lib/identity/rights.ts'

const rights = (changes: Partial<Rights>): Rights => ({
  service_account: false,
  users: [],
  workspaces: ['production'],
  ...changes,
})

const both = ['production', 'dev'] as const

describe('rights', () => {
  it.each<[string, Rights, (string | undefined)[], (string | undefined)[]]>([
    ['nothing', rights({}), [], [undefined, '7', '8']],
    ['the service account', rights({ service_account: true }), [undefined], ['7', '8']],
    ['one user', rights({ users: ['7'] }), ['7'], [undefined, '8', '07', '77']],
    ['two users', rights({ users: ['7', '8'] }), ['7', '8'], [undefined, '9']],
    ['any user', rights({ users: 'any' }), ['7', '12345678901234567890'], [undefined]],
    ['all', rights({ users: 'any', service_account: true }), [undefined, '7'], []],
  ])('to %s give that and no more', (_, given, allowed, refused) => {
    const inProduction = (userId: string | undefined) =>
      mayHave(given, { userId, workspace: 'production' })

    expect(allowed.map(inProduction)).toEqual(allowed.map(() => true))
    expect(refused.map(inProduction)).toEqual(refused.map(() => false))
  })

  it.each<[readonly ('production' | 'dev')[], boolean[]]>([
    [['production'], [true, false]],
    [['dev'], [false, true]],
    [both, [true, true]],
    [[], [false, false]],
  ])('to the workspaces %j hold for service account and users alike', (workspaces, expected) => {
    const given = rights({ service_account: true, users: 'any', workspaces })

    for (const userId of [undefined, '7']) {
      expect(both.map((workspace) => mayHave(given, { userId, workspace }))).toEqual(expected)
    }
  })
})

describe('the rights of a role', () => {
  const tenant = parseTenant(
    {
      looker: { base_url: 'https://looker.example.com', client_id: 'client' },
      api_tokens: {
        callers: [
          { account: '111122223333', role: 'reports', service_account: true },
          { account: '444455556666', role: 'reports', users: 'any' },
          { account: '111122223333', role: 'named' },
        ],
      },
    },
    { allowLoopback: false },
  )

  it.each([
    ['111122223333', 'reports', true, []],
    ['444455556666', 'reports', false, 'any'],
    ['111122223333', 'named', false, []],
    ['111122223333', 'Reports', false, []],
    ['111122223333', 'report', false, []],
    ['999999999999', 'reports', false, []],
  ])('are those of account %s and name %s together', (account, role, service_account, users) => {
    const found = rightsOf(tenant, { account, role })

    expect(found).toMatchObject({ service_account, users })
  })

  it('leave out users and the service account unless they are named', () => {
    const found = rightsOf(tenant, { account: '111122223333', role: 'named' })

    expect(found).toMatchObject({ service_account: false, users: [], workspaces: ['production'] })
  })

  it('are nothing at all for a role without an entry', () => {
    const found = rightsOf(tenant, { account: '111122223333', role: 'stranger' })

    expect(found).toEqual({ service_account: false, users: [], workspaces: [] })
  })
})
