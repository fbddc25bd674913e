// Sessions as a table for terminals.
import Table from 'cli-table3'
import { deviceWords } from '../pages/sessions/device-words.ts'
import { nameOf, type Session } from '../pages/sessions/session.ts'
import { lengthWords } from '../pages/sessions/time-words.ts'

const columns = ['User', 'Since', 'Last active', 'Device', 'From', 'Time left', 'State'] as const

/** Times are in UTC. */
export const sessionsTable = (sessions: readonly Session[]): string => {
  const table = new Table({ head: [...columns], style: { head: [], border: [] } })
  table.push(...sessions.map(rowOf))
  return table.toString()
}

const rowOf = (session: Session): string[] => [
  [nameOf(session), session.user].filter(Boolean).map(printable).join('\n'),
  timeOf(session.started_at),
  timeOf(session.last_active_at),
  printable(deviceWords(session.user_agent)),
  [session.place, session.address]
    .map((text) => printable(text ?? ''))
    .filter(Boolean)
    .join('\n'),
  [
    session.state === 'active' ? lengthWords(session.ends_in) : '',
    session.stays_signed_in ? 'stays signed in' : '',
  ]
    .filter(Boolean)
    .join('\n'),
  session.state,
]

const timeOf = (at: string | null): string =>
  at?.replace('T', ' ').replace(/:\d\d\.\d+Z$/, '') ?? ''

/** A name or a user agent shall not move the cursor or colour the terminal. */
const printable = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '')
