// The demo page: sign in, look at dashboards, and watch what the broker does for them.
import { callBroker } from './broker-calls.ts'
import { find, onClick, write } from './elements.ts'
import { createFrames } from './frames.ts'
import { createPanel } from './panel.ts'
import {
  changeRole,
  currentSignIn,
  initialsOf,
  nameOf,
  signInAs,
  signOut,
  type Person,
  type SignIn,
} from './people.ts'

type Settings = { readonly broker: string; readonly lookerHost: string }

const sessionOver = 'Your session is over. Sign in again to go on.'

const settings: Settings = await (await fetch('/settings.json')).json()
const panel = createPanel()
const broker = callBroker(settings.broker, {
  onAnswer: panel.tell,
  onTokens: (lives, isRefresh) => {
    panel.showTokens(lives, isRefresh)
    void showStanding()
  },
})
const frames = createFrames(settings.lookerHost, broker, {
  tell: panel.tell,
  onEnded: () => {
    write('status', sessionOver)
    void showStanding()
  },
})

/** What went wrong is said on the page and never left to the console. */
const attempt = async (what: string, run: () => Promise<unknown>): Promise<void> => {
  try {
    await run()
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown'
    panel.tell(`${what} failed: ${why}`)
    write('status', `${what} failed.`)
  }
}

const showStanding = () =>
  attempt('Asking how the session stands', async () => {
    const { state, ends_at, reason, sign_in_required } = await broker.state()
    const until = ends_at === null ? '' : ` until ${new Date(ends_at).toLocaleTimeString()}`
    const why = reason === null ? '' : ` (${reason})`
    write('state', `${state}${until}${why}${sign_in_required ? ', a new sign-in is needed' : ''}`)
    if (state === 'ended') write('status', sessionOver)
    const answer = await fetch('/looker/seen')
    if (!answer.ok) return write('seen', 'not known')
    const seen: { readonly started: number; readonly joined: number } = await answer.json()
    write('seen', `${seen.started} started, ${seen.joined} joined`)
  })

const openFrame = () =>
  attempt('Opening the dashboard', async () => {
    write('status', 'Opening your dashboard …')
    await frames.open()
    write('status', 'Live')
  })

const begin = (): Promise<void> => {
  frames.reset()
  panel.clear()
  return openFrame()
}

const personButton = (person: Person): HTMLLIElement => {
  const item = document.createElement('li')
  const button = document.createElement('button')
  const initials = document.createElement('span')
  const about = document.createElement('span')
  const small = document.createElement('small')
  initials.className = 'initials'
  initials.ariaHidden = 'true'
  initials.textContent = initialsOf(person)
  small.textContent = `${person.role}, ${person.region}`
  about.append(nameOf(person), small)
  button.append(initials, about)
  button.dataset['person'] = person.sub
  button.addEventListener('click', () => {
    void attempt('Signing in', async () => enter(await signInAs(person.sub)))
  })
  item.append(button)
  return item
}

const enter = async ({ person, people, roles }: SignIn): Promise<void> => {
  find('welcome').hidden = person !== null
  find('work').hidden = person === null
  find('account').hidden = person === null
  find('people').replaceChildren(...people.map(personButton))
  if (person === null) return
  write('who', nameOf(person))
  write('initials', initialsOf(person))
  find('role').replaceChildren(
    ...roles.map((role) => new Option(role, role, false, role === person.role)),
  )
  panel.tell(`${nameOf(person)} is signed in.`)
  await begin()
}

find('role').addEventListener('change', ({ currentTarget }) => {
  void attempt('Changing the role', async () => {
    if (!(currentTarget instanceof HTMLSelectElement)) return
    await changeRole(currentTarget.value)
    panel.tell(`The role is now ${currentTarget.value}: the dashboard opens anew.`)
    await begin()
  })
})
onClick('sign-out', () =>
  attempt('Signing out', async () => {
    // The page's own sign-out is not kept waiting for Looker's.
    await attempt('Ending the session', broker.end)
    const signIn = await signOut()
    frames.reset()
    panel.clear()
    await enter(signIn)
  }),
)
onClick('sign-in-again', () =>
  attempt('Signing in', async () => {
    const { person } = await currentSignIn()
    if (person !== null) await enter(await signInAs(person.sub))
  }),
)
onClick('second-frame', openFrame)
onClick('refresh', () => attempt('Refreshing', frames.refresh))
onClick('end', () =>
  attempt('Ending the session', async () => {
    await broker.end()
    panel.tell('The session is ended at the broker.')
    await showStanding()
  }),
)
onClick('expire', () =>
  attempt('Expiring', async () => {
    await fetch('/looker/expire', { method: 'POST' })
    panel.tell('Looker ended all embed sessions.')
  }),
)
onClick('interrupt', () =>
  attempt('Interrupting', async () => {
    await fetch('/looker/interrupt', { method: 'POST' })
    panel.tell('Looker is away for 20 s.')
  }),
)

await attempt('Loading', async () => enter(await currentSignIn()))
