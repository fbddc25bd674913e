import { expect, it } from 'vitest'
import { sessionsTable } from '../../cli/sessions-table.ts'

it('shows names without what would move the cursor or colour the terminal', () => {
  const shown = sessionsTable([
    {
      id: 'id',
      user: 'gra\u009Bce',
      first_name: 'Gra\u001B[31mce',
      last_name: '\u202Ereppoh',
      state: 'active',
      started_at: '2026-11-21T08:00:10.000Z',
      last_active_at: null,
      ends_at: '2026-11-21T09:00:00.000Z',
      ends_in: 3_500,
      stays_signed_in: true,
      user_agent: null,
      address: '192.0.2.7',
      place: 'Berlin, DE',
    },
  ])

  for (const sign of ['\u001B', '\u009B', '\u202E']) expect(shown).not.toContain(sign)
  expect(shown).toContain('2026-11-21 08:00')
  expect(shown).toContain('58 min 20 s')
  expect(shown).toContain('stays signed in')
  expect(shown).toContain('192.0.2.7')
})
