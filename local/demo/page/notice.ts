// The notice above the frames: what happened, in words, and the one sensible next step.
import type { BrokerProblem, Change } from '../../../lib/browser/index.ts'
import { find, onClick, write } from './elements.ts'

export type NextStep = 'sign-in' | 'new-session'

export type Notice = {
  /** What somebody asked for was not done. */
  readonly refuse: (what: string, problem: BrokerProblem) => void
  /** The same was done after all: nothing is left to say of it. */
  readonly settle: (what: string) => void
  /** A frame is given up. */
  readonly giveUp: () => void
  readonly end: (change: Ended) => void
  readonly saysEnd: () => boolean
  readonly hide: () => void
}

type Ended = Extract<Change, { state: 'ended' }>

const labels: Readonly<Record<NextStep, string>> = {
  'sign-in': 'Sign in again',
  'new-session': 'Start a new session',
}

const ended = Symbol('ended')

export const createNotice = (take: (next: NextStep) => void): Notice => {
  let next: NextStep = 'new-session'
  /** What was asked for, or the end; undefined for anything else. */
  let about: string | typeof ended | undefined
  onClick('next', () => take(next))

  const show = (text: string, step: NextStep, subject?: typeof about) => {
    next = step
    about = subject
    write('notice-text', text)
    write('next', labels[step])
    const element = find('notice')
    element.hidden = false
    element.scrollIntoView({ block: 'nearest' })
  }
  const hide = () => {
    about = undefined
    find('notice').hidden = true
  }
  return {
    refuse: (what, problem) => show(problem.message, nextAfter(problem), what),
    settle: (what) => {
      if (about === what) hide()
    },
    giveUp: () => show('Your dashboard could not be opened again.', 'new-session'),
    end: (change) =>
      show(wordsForEnd(change), change.signInRequired ? 'sign-in' : 'new-session', ended),
    saysEnd: () => about === ended,
    hide,
  }
}

const nextAfter = ({ code }: BrokerProblem): NextStep =>
  code === 'sign-in-required' || code === 'no-sign-in-token' ? 'sign-in' : 'new-session'

const reasons: Readonly<Record<string, string>> = {
  'signed-out': 'You ended your session, here and at Looker.',
  replaced: 'Your session was started in another browser, so it ended in this one.',
  'profile-changed': 'Your rights changed, so your old session ended.',
  administrator: 'An administrator ended your session.',
  'ended-at-looker': 'Looker ended your session.',
  expired: 'Your session reached its end.',
  inactive: 'You did nothing for a while, so your session ended.',
}

export const wordsForEnd = ({ reason }: Ended): string =>
  reasons[reason ?? ''] ?? 'Your session is over.'
