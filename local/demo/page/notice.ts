// The notice above the frames: what happened, in words, and the one sensible next step.
import type { Change } from '../../../lib/browser/index.ts'
import { find, onClick, write } from './elements.ts'

export type NextStep = 'sign-in' | 'new-session'

export type Notice = {
  readonly show: (text: string, next: NextStep) => void
  readonly hide: () => void
}

const labels: Readonly<Record<NextStep, string>> = {
  'sign-in': 'Sign in again',
  'new-session': 'Start a new session',
}

export const createNotice = (take: (next: NextStep) => void): Notice => {
  let next: NextStep = 'new-session'
  onClick('next', () => take(next))
  return {
    show: (text, step) => {
      next = step
      write('notice-text', text)
      write('next', labels[step])
      const element = find('notice')
      element.hidden = false
      element.scrollIntoView({ block: 'nearest' })
    },
    hide: () => {
      find('notice').hidden = true
    },
  }
}

const reasons: Readonly<Record<string, string>> = {
  'signed-out': 'You ended your session, here and at Looker.',
  replaced: 'Your session was started in another browser, so it ended in this one.',
  'profile-changed': 'Your rights changed, so your old session ended.',
  administrator: 'An administrator ended your session.',
  'ended-at-looker': 'Looker ended your session.',
  expired: 'Your session reached its end.',
  inactive: 'You did nothing for a while, so your session ended.',
}

export const wordsForEnd = ({ reason }: Extract<Change, { state: 'ended' }>): string =>
  reasons[reason ?? ''] ?? 'Your session is over.'
