// The table's rows. What time changes is written anew each second, the rest once.
import { deviceWords } from './device-words.ts'
import { find, make } from './elements.ts'
import { mayEnd, standingOf, type Row, type Standing } from './listing.ts'
import { nameOf } from './session.ts'
import { agoWords, lengthWords, sinceWords } from './time-words.ts'

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
    for (const time of element?.querySelectorAll('time') ?? []) time.textContent = wordsOf(time)
  }
}

/** For the keyboard when a control of a row goes: the same control of the rows after it, then of those before. */
export const controlsNear = (control: Element): (() => readonly HTMLElement[]) => {
  const index = [...find('rows').children].findIndex((row) => row.contains(control))
  const kind = control.classList.contains('link') ? '.link' : '.danger'
  return () => {
    const rows = index === -1 ? [] : [...find('rows').children]
    const near = [...rows.slice(index), ...rows.slice(0, index).toReversed()]
    return near.flatMap((row) => [...row.querySelectorAll<HTMLElement>(kind)])
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

const wordsOf = ({ dateTime, dataset }: HTMLTimeElement): string => {
  const [at, now] = [new Date(dateTime), new Date()]
  if (dataset['told'] === 'since') return sinceWords(at, now)
  return agoWords((now.getTime() - at.getTime()) / 1000)
}

// Styles that make cards of rows would take the roles away that tables have by themselves.
const rowOf = (row: Row, actions: RowActions): HTMLTableRowElement => {
  const element = make('tr', {
    children: [
      userCell(row, actions),
      labelled('Since', [timeOf(row.started_at, 'since')]),
      optional('active', labelled('Last active', [timeOf(row.last_active_at, 'ago')])),
      labelled('Device', [
        make('span', { text: deviceWords(row.user_agent), title: row.user_agent ?? '' }),
      ]),
      optional('place', labelled('From', placeOf(row), 'from')),
      leftCell(row),
      labelled('State', [make('span', { className: 'state' })]),
      cellOf(mayEnd(row) ? [endButton(row, actions)] : [], 'end'),
    ],
  })
  element.role = 'row'
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
  cell.role = 'rowheader'
  return cell
}

const leftCell = (row: Row): HTMLElement => {
  const until = row.ends_at === null ? '' : `until ${instantWords(row.ends_at)}`
  const left = make('div', { className: 'left-words', title: until })
  const stays = make('div', { className: 'quiet', text: 'stays signed in' })
  return labelled('Time left', row.stays_signed_in ? [left, stays] : [left], 'left')
}

const placeOf = ({ place, address }: Row): readonly HTMLElement[] =>
  [place, address].flatMap((text) => (text === null ? [] : [make('div', { text })]))

const endButton = (row: Row, { end }: RowActions): HTMLElement => {
  const button = make('button', { text: 'End …', className: 'danger' })
  button.type = 'button'
  button.ariaLabel = `End session of ${nameOf(row) || row.user}, ${deviceWords(row.user_agent)}`
  button.addEventListener('click', () => end(row))
  return button
}

const cellOf = (children: readonly HTMLElement[], className: string): HTMLTableCellElement => {
  const cell = make('td', { children, className })
  cell.role = 'cell'
  return cell
}

const labelled = (
  label: string,
  children: readonly HTMLElement[],
  className = '',
): HTMLTableCellElement => {
  const cell = cellOf(children.length > 0 ? children : [make('span', { text: '–' })], className)
  cell.dataset['label'] = label
  return cell
}

const optional = (name: string, cell: HTMLElement): HTMLElement => {
  cell.dataset['optional'] = name
  return cell
}

/** In the viewer's zone; the exact instant, with its zone, is the title. */
const timeOf = (at: string | null, told: 'since' | 'ago'): HTMLElement => {
  if (at === null) return make('span', { text: '–' })
  const time = make('time', { title: instantWords(at) })
  time.dateTime = at
  time.dataset['told'] = told
  return time
}

const instantWords = (at: string): string => {
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })
  return `${exact.format(new Date(at))} (${at})`
}
