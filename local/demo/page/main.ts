// The demo page: sign in, look at dashboards, and watch what the broker does for them.
import { BrokerProblem, type Change } from '../../../lib/browser/index.ts'
import { createAccount } from './account.ts'
import { createBroker } from './broker.ts'
import { find, onClick, write } from './elements.ts'
import { createFrames } from './frames.ts'
import { createNotice, wordsForEnd } from './notice.ts'
import { createPanel } from './panel.ts'
import { keepStaying, stays } from './staying.ts'
import { createWarning } from './warning.ts'
import { changeRole, currentSignIn, nameOf, signInAs, signOut, type SignIn } from './people.ts'

type Settings = { readonly broker: string; readonly lookerHost: string }
type Seen = { readonly started: number; readonly joined: number }

const settings: Settings = await (await fetch('/settings.json')).json()
const panel = createPanel()
const { tell } = panel

/** What went wrong is said on the page and never left to the console. */
const attempt = async (what: string, run: () => Promise<unknown>): Promise<void> => {
  try {
    await run()
    notice.settle(what)
  } catch (error) {
    tellFailure(what, error)
    const isProblem = error instanceof BrokerProblem
    // Of what was under way at the end, the end is the reason.
    if (isProblem && notice.saysEnd()) return
    write('status', `${what} failed`)
    if (isProblem) notice.refuse(what, error)
  }
}

/** Asked by the page itself, for its panel: the frames do not need it, so its failure is no alarm. */
const aside = async (what: string, run: () => Promise<unknown>): Promise<void> => {
  await run().catch((error: unknown) => tellFailure(what, error))
}

const tellFailure = (what: string, error: unknown) =>
  tell(`${what} failed: ${error instanceof Error ? error.message : 'unknown'}`)

const onChange = (change: Change): void => {
  if (change.state !== 'ended') void showStanding()
  if (change.state === 'live' || change.state === 'ended') warning.hide()
  switch (change.state) {
    case 'live':
      tell('The frames are live.')
      return write('status', 'Live')
    case 'warning':
      if (!warning.isShown()) tell('The session ends in two minutes at most.')
      return warning.show(change)
    case 'waiting':
      tell(`No new tokens (${change.problem.message}). Frames keep theirs; the helper tries again.`)
      return write('status', 'Live, waiting for new tokens')
    case 'interrupted':
      tell('A frame lost its tokens; the helper opens it anew.')
      return write('status', 'Opening your dashboard again …')
    case 'failed':
      tell(`The frame stays interrupted: ${change.problem.message}`)
      write('status', 'Interrupted')
      return notice.giveUp()
    case 'ended':
      tell(wordsForEnd(change))
      panel.endTokens()
      write('status', 'Ended')
      write('state', `ended${change.signInRequired ? ', a new sign-in is needed' : ''}`)
      notice.end(change)
  }
}

const { session, renew } = createBroker(settings.broker, {
  onChange,
  onAnswer: tell,
  onTokens: (lives, how) => {
    panel.showTokens(lives, how === 'renewed')
    void aside('Asking Looker', () => tellSeen(how))
    void showStanding()
  },
})
const frames = createFrames(settings.lookerHost, session, tell)

const warning = createWarning(() => attempt('Extending', session.extend))

let before: Seen | undefined
const readSeen = async (): Promise<Seen | undefined> => {
  const answer = await fetch('/looker/seen')
  return answer.ok ? answer.json() : undefined
}

const tellSeen = async (how: 'acquired' | 'renewed'): Promise<void> => {
  const seen = await readSeen()
  if (seen === undefined) return write('seen', 'not known')
  write('seen', `${seen.started} started, ${seen.joined} joined`)
  if (how === 'acquired' && before !== undefined) {
    const isStart = seen.started > before.started
    tell(isStart ? 'The broker started a session.' : 'The broker joined the session that lives.')
  }
  before = seen
}

const showStanding = () =>
  aside('Asking how the session stands', async () => {
    const { state, ends_at, reason, sign_in_required } = await session.state()
    const until = ends_at === null ? '' : ` until ${new Date(ends_at).toLocaleTimeString()}`
    const why = reason === null ? '' : ` (${reason})`
    write('state', `${state}${until}${why}${sign_in_required ? ', a new sign-in is needed' : ''}`)
  })

const openFrame = () =>
  attempt('Opening the dashboard', async () => {
    notice.hide()
    write('status', 'Opening your dashboard …')
    before = await readSeen()
    await frames.open()
  })

const begin = (): Promise<void> => {
  frames.close()
  panel.clear()
  return openFrame()
}

const enter = async (signIn: SignIn): Promise<void> => {
  showAccount(signIn)
  if (signIn.person === null) return
  const { role, region } = signIn.person
  tell(`${nameOf(signIn.person)} is signed in: ${role}, ${region}.`)
  await begin()
}

const signInAgain = () =>
  attempt('Signing in', async () => {
    const { person } = await currentSignIn()
    if (person === null) return leave('Your sign-in is over. Choose who you are.')
    await enter(await signInAs(person.sub))
  })

const leave = async (farewell: string): Promise<void> => {
  const signIn = await signOut()
  frames.close()
  panel.clear()
  write('farewell', farewell)
  await enter(signIn)
}

const notice = createNotice((next) => void (next === 'sign-in' ? signInAgain() : begin()))

const showAccount = createAccount({
  signIn: (sub) =>
    attempt('Signing in', async () => {
      const signIn = await signInAs(sub)
      const box = find('stay')
      if (keepStaying(box instanceof HTMLInputElement && box.checked)) return location.reload()
      return enter(signIn)
    }),
  changeRole: (role) =>
    attempt('Changing the role', async () => {
      await changeRole(role)
      tell(`The role is now ${role}: the dashboard opens anew.`)
      await begin()
    }),
  signOut: () =>
    attempt('Signing out', async () => {
      let farewell = 'You signed out, and your Looker session ended with it.'
      // The page's own sign-out is not kept waiting for Looker's.
      await session.end().catch(() => {
        farewell =
          'You signed out. Your Looker session could not be ended and lives on for a while.'
      })
      await leave(farewell)
    }),
})

/** Asks the page's own server for what is not a page's to do, then lets the broker find out. */
const order = (what: string, path: string, told: string) => () =>
  attempt(what, async () => {
    const answer = await fetch(path, { method: 'POST' })
    if (!answer.ok) throw new Error(`the answer is ${answer.status}`)
    tell(told)
    await renew()
  })

/** The page's own clock stays: it has to ask anew, as after a sleep. */
const skip = (secondsOf: () => Promise<number>) => () =>
  attempt('Skipping', async () => {
    const seconds = Math.max(1, await secondsOf())
    const answer = await fetch('/skip', { method: 'POST', body: JSON.stringify({ seconds }) })
    if (!answer.ok) throw new Error(`the answer is ${answer.status}`)
    tell(`The clocks of broker and Looker went on by ${seconds} s.`)
    dispatchEvent(new Event('online'))
    await renew()
  })

onClick('second-frame', openFrame)
onClick(
  'near-end',
  skip(async () => (await session.state()).ends_in - 118),
)
onClick(
  'skip',
  skip(async () => 180),
)
onClick('renew', () => attempt('Renewing', renew))
onClick('interrupt', () => frames.interrupt())
onClick('end', () => attempt('Ending the session', session.end))
onClick('sign-in-again', signInAgain)
onClick(
  'end-as-administrator',
  order(
    'Ending',
    '/end-as-administrator',
    'The broker was told to end the session for an administrator.',
  ),
)
onClick('expire', order('Expiring', '/looker/expire', 'Looker was told to end all embed sessions.'))
onClick('away', order('Sending Looker away', '/looker/away', 'Looker is away for 20 s from now.'))

const box = find('stay')
if (box instanceof HTMLInputElement) box.checked = stays()
await attempt('Loading', async () => enter(await currentSignIn()))
