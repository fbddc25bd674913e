// The Sessions page: who has an embed session now, and the end of one or of all of a user.
import { ApiTrouble, createSessionsApi } from './api.ts'
import { createConfirm } from './confirm.ts'
import { deviceWords } from './device-words.ts'
import { find, findButton, findInput, onClick, show, write } from './elements.ts'
import { keepFocus } from './focus.ts'
import {
  answered,
  beginning,
  cursorOf,
  endedAll,
  endedOne,
  hasPrevious,
  mayEnd,
  nextPage,
  previousPage,
} from './listing.ts'
import type { Listing, Row } from './listing.ts'
import type { Remedy, Trouble } from './problem-words.ts'
import { controlsNear, renderRows, renderTimes } from './rows.ts'
import { nameOf } from './session.ts'
import { parseSettings } from './settings.ts'
import { createSignIn, type SignIn } from './sign-in.ts'

let signIn: SignIn | undefined
let api: ReturnType<typeof createSessionsApi> | undefined
let listing = beginning()
let listedAt = 0
let asking = 0
let remedy: () => unknown = () => location.reload()
const confirm = createConfirm()

const elapsedSeconds = (): number => (performance.now() - listedAt) / 1000

const remedies: Readonly<Record<Remedy, { readonly text: string; readonly act: () => unknown }>> = {
  'sign-in': { text: 'Sign in again', act: () => leave(true) },
  'first-page': { text: 'Load the list again', act: () => load(beginning(listing.user)) },
  retry: { text: 'Try again', act: () => (api ? load(listing) : location.reload()) },
}

const tellTrouble = (trouble: Trouble): void => {
  write('trouble-text', trouble.text)
  write('remedy', remedies[trouble.remedy].text)
  remedy = remedies[trouble.remedy].act
  show('trouble', true)
  write('status', 'Something went wrong')
}

const attempt = async (otherwise: string, work: () => Promise<unknown>): Promise<void> => {
  keepFocus(
    () => show('trouble', false),
    () => () => [find('refresh'), find('sign-in')],
  )
  try {
    await work()
  } catch (error) {
    tellTrouble(error instanceof ApiTrouble ? error.trouble : { text: otherwise, remedy: 'retry' })
  }
}

const leave = (again: boolean): Promise<void> =>
  attempt('The sign-in cannot be reached, or refuses this page. Try again in a moment.', async () =>
    signIn?.leave(again),
  )

const render = (): void => keepFocus(draw, nextFocus)

const draw = (): void => {
  const { rows, user, cursors, next } = listing
  renderRows(rows, { end: (row) => void endOne(row), searchFor: (of) => void load(beginning(of)) })
  renderTimes(rows, elapsedSeconds())
  findInput('user').value = user ?? ''
  show('everybody', user !== null)
  show('end-all', user !== null && rows.some(mayEnd))
  write('end-all', `End all of ${user ?? ''} …`)
  write('page-number', `Page ${cursors.length}`)
  show('pages', hasPrevious(listing) || next !== null)
  findButton('previous').disabled = !hasPrevious(listing)
  findButton('next').disabled = next === null
}

const nextFocus = (focused: Element) => {
  const near = controlsNear(focused)
  const others = ['previous', 'next', 'everybody', 'user'].map(find)
  return () => [...near(), ...(find('pages').contains(focused) ? others : others.slice(2))]
}

const told = (): string => {
  const count = listing.rows.filter((row) => row.endedHere === undefined).length
  const sessions = count === 1 ? '1 session' : `${count} sessions`
  const whose = listing.user === null ? '' : ` of ${listing.user}`
  return `${sessions}${whose}${listing.next === null ? '' : ' on this page'}`
}

const load = async (wanted: Listing): Promise<void> => {
  const turn = ++asking
  listing = wanted
  show('empty', false)
  write('status', 'Loading …')
  find('work').setAttribute('aria-busy', 'true')
  render()
  await attempt('The list is not of the form that this page knows. Reload the page.', async () => {
    const asked = { user: wanted.user, cursor: cursorOf(wanted) }
    const askedAt = performance.now()
    const answer = await api?.list(asked)
    // A later search is under way.
    if (answer === undefined || turn !== asking) return
    listedAt = askedAt
    listing = answered(listing, answer)
    render()
    write('empty', emptyWords())
    show('empty', listing.rows.length === 0)
    write('status', told())
  })
  if (turn === asking) find('work').removeAttribute('aria-busy')
}

const emptyWords = (): string =>
  listing.user === null
    ? 'Nobody has an embed session now.'
    : `${listing.user} has no session now. The id has to be written exactly as Looker was told it.`

const endOne = async (row: Row): Promise<void> => {
  const name = nameOf(row) || row.user
  const isYes = await confirm({
    title: `End the session of ${name}?`,
    text: `${name} (${row.user}, ${deviceWords(row.user_agent)}) loses the dashboards in that browser and needs a new sign-in there.`,
    yes: 'End the session',
  })
  if (!isYes) return
  write('status', `Ending the session of ${name} …`)
  await attempt('The session could not be ended. Try again in a moment.', async () => {
    const isConfirmed = await api?.endOne(row.id)
    listing = endedOne(listing, row, isConfirmed === true)
    render()
    write('status', `The session of ${name} is ended${isConfirmed === true ? '.' : laterAtLooker}`)
  })
}

const laterAtLooker = ' here. Looker has not confirmed that yet, and is asked again.'

const endAll = async (): Promise<void> => {
  const { user } = listing
  if (user === null) return
  const isYes = await confirm({
    title: `End all sessions of ${user}?`,
    text: `${user} loses the dashboards in every browser and needs a new sign-in.`,
    yes: 'End all',
  })
  if (!isYes) return
  write('status', `Ending all sessions of ${user} …`)
  await attempt('The sessions could not be ended. Try again in a moment.', async () => {
    const isConfirmed = await api?.endAll(user)
    listing = endedAll(listing, user, isConfirmed === true)
    render()
    write(
      'status',
      `All sessions of ${user} are ended${isConfirmed === true ? '.' : laterAtLooker}`,
    )
  })
}

const start = async (): Promise<void> => {
  const settings = parseSettings(await (await fetch('config.json', { cache: 'no-cache' })).json())
  signIn = createSignIn(settings.signIn)
  const token = await signIn.arrive().catch(() => {
    const text = 'The sign-in did not succeed. Sign in again.'
    throw new ApiTrouble({ text, remedy: 'sign-in' })
  })
  if (token === undefined) {
    write('status', '')
    return show('welcome', true)
  }
  api = createSessionsApi(settings.apiUrl, () => token)
  show('work', true)
  await load(beginning())
}

onClick('remedy', () => remedy())
onClick('sign-in', () => leave(false))
onClick('refresh', () => load(listing))
onClick('everybody', () => load(beginning()))
onClick('end-all', endAll)
onClick('next', () => load(nextPage(listing)))
onClick('previous', () => load(previousPage(listing)))
find('search').addEventListener('submit', (event) => {
  event.preventDefault()
  const user = findInput('user').value.trim()
  void load(beginning(user === '' ? null : user))
})
setInterval(() => renderTimes(listing.rows, elapsedSeconds()), 1_000)

await attempt('The page is not set up: its config.json is missing or wrong.', start)
