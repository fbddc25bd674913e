// The table's rows. What counts down is written anew each second, the rest once.
import { deviceWords } from './device-words.ts'
import { find, make } from './elements.ts'
import { standingOf, type Row, type Standing } from './listing.ts'
import { nameOf } from './session.ts'
import { agoWords, lengthWords } from './time-words.ts'

export type RowActions = {
  readonly end: (row: Row) => void
  readonly searchFor: (user: string) => void
}

/** Columns that no row has anything for are hidden. */
export const renderRows = (rows: readonly Row[], actions: RowActions): void => {
  find('rows').replaceChildren(...rows.map((row) => rowOf(row, actions)))
  const filled = {
    active: rows.some((row) => row.last_active_at !== null),
    place: rows.some((row) => row.address !== null || row.place !== null),
  }
  for (const [name, isFilled] of Object.entries(filled)) {
    for (const cell of document.querySelectorAll<HTMLElement>(`[data-optional=${name}]`)) {
      cell.hidden = !isFilled
    }
  }
}

/** `elapsedSeconds`: since the list was asked for. */
export const renderTimes = (rows: readonly Row[], elapsedSeconds: number): void => {
  for (const [index, row] of rows.entries()) {
    const element = find('rows').children[index]
    const standing = standingOf(row, elapsedSeconds)
    element?.classList.toggle('done', standing !== 'active')
    const left = element?.querySelector('.left-words')
    if (left) left.textContent = leftWords(row, standing, elapsedSeconds)
    const state = element?.querySelector('.state')
    if (state && state.textContent !== words[standing]) {
      state.textContent = words[standing]
      state.className = `state ${standing}`
    }
    for (const cell of element?.querySelectorAll<HTMLElement>('[data-at]') ?? []) {
      cell.textContent = agoWords((Date.now() - Date.parse(cell.dataset['at'] ?? '')) / 1000)
    }
  }
}

const words: Readonly<Record<Standing, string>> = {
  active: 'Active',
  ending: 'Ending at Looker',
  ended: 'Ended',
  over: 'Over',
  unreadable: 'Unreadable',
}

const leftWords = (row: Row, standing: Standing, elapsedSeconds: number): string =>
  standing === 'active' ? lengthWords(row.ends_in - elapsedSeconds) : '–'

const rowOf = (row: Row, actions: RowActions): HTMLTableRowElement => {
  const element = make('tr', {
    children: [
      userCell(row, actions),
      labelled('Since', [timeOf(row.started_at)]),
      optional('active', labelled('Last active', [agoOf(row.last_active_at)])),
      labelled('Device', [
        make('span', { text: deviceWords(row.user_agent), title: row.user_agent ?? '' }),
      ]),
      optional('place', labelled('From', placeOf(row))),
      leftCell(row),
      labelled('State', [make('span', { className: 'state' })]),
      make('td', { children: row.endedHere ? [] : [endButton(row, actions)] }),
    ],
  })
  return element
}

const userCell = (row: Row, { searchFor }: RowActions): HTMLElement => {
  const name = nameOf(row)
  const user = make('button', {
    className: 'link',
    text: row.user,
    title: 'Show all sessions of this user',
  })
  user.type = 'button'
  user.addEventListener('click', () => searchFor(row.user))
  const cell = make('th', {
    children: name === '' ? [user] : [make('div', { text: name }), user],
  })
  cell.scope = 'row'
  return cell
}

const leftCell = (row: Row): HTMLElement => {
  const until = row.ends_at === null ? '' : `until ${instantWords(row.ends_at)}`
  const left = make('div', { className: 'left-words', title: until })
  const stays = make('div', { className: 'quiet', text: 'stays signed in' })
  const cell = labelled('Time left', row.stays_signed_in ? [left, stays] : [left])
  cell.className = 'left'
  return cell
}

const placeOf = ({ place, address }: Row): readonly HTMLElement[] =>
  [place, address].flatMap((text) => (text === null ? [] : [make('div', { text })]))

const endButton = (row: Row, { end }: RowActions): HTMLElement => {
  const button = make('button', { text: 'End …', className: 'danger' })
  button.type = 'button'
  button.setAttribute('aria-label', `End the session of ${nameOf(row) || row.user} …`)
  button.addEventListener('click', () => end(row))
  return button
}

const labelled = (label: string, children: readonly HTMLElement[]): HTMLTableCellElement => {
  const cell = make('td', { children })
  cell.dataset['label'] = label
  return cell
}

const optional = (name: string, cell: HTMLElement): HTMLElement => {
  cell.dataset['optional'] = name
  return cell
}

/** In the viewer's zone; the exact instant, with its zone, is the title. */
const timeOf = (at: string | null): HTMLElement => {
  if (at === null) return make('span', { text: '–' })
  const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  const time = make('time', { text: short.format(new Date(at)), title: instantWords(at) })
  time.dateTime = at
  return time
}

const agoOf = (at: string | null): HTMLElement => {
  const time = timeOf(at)
  if (at !== null) time.dataset['at'] = at
  return time
}

const instantWords = (at: string): string => {
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })
  return `${exact.format(new Date(at))} (${at})`
}
