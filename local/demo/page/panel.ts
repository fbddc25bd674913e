// The panel beside the frames: how long each token lives, how often they were renewed, what happened.
import type { Lives } from './broker.ts'
import { find, write } from './elements.ts'

type Countdown = { readonly endsAtMs: number; readonly lifeMs: number }

const names = ['navigation', 'api', 'session'] as const
const mostLines = 60

export type Panel = {
  readonly tell: (text: string) => void
  readonly showTokens: (lives: Lives, isRenewal: boolean) => void
  /** The session is over, and its tokens with it. */
  readonly endTokens: () => void
  readonly clear: () => void
}

export const createPanel = (): Panel => {
  const countdowns = new Map<string, Countdown>()
  let renewals = 0

  const count = (): void => {
    for (const name of names) {
      const countdown = countdowns.get(name)
      const leftMs = countdown ? Math.max(0, countdown.endsAtMs - Date.now()) : 0
      write(`${name}-left`, countdown ? wordsFor(leftMs) : '–')
      const meter = find(`${name}-meter`)
      if (meter instanceof HTMLMeterElement) meter.value = countdown ? leftMs / countdown.lifeMs : 0
    }
  }
  setInterval(count, 500)

  return {
    tell: (text) => {
      const line = document.createElement('li')
      const time = document.createElement('time')
      time.textContent = new Date().toLocaleTimeString()
      line.append(time, text)
      const log = find('log')
      log.prepend(line)
      while (log.children.length > mostLines) log.lastElementChild?.remove()
    },
    showTokens: (lives, isRenewal) => {
      for (const name of names) {
        const lifeMs = lives[name] * 1000
        const before = countdowns.get(name)?.lifeMs ?? 0
        const whole = name === 'session' ? Math.max(before, lifeMs) : lifeMs
        countdowns.set(name, { endsAtMs: Date.now() + lifeMs, lifeMs: Math.max(1, whole) })
      }
      if (isRenewal) {
        renewals += 1
        write('renewals', `${renewals}, last at ${new Date().toLocaleTimeString()}`)
      }
      count()
    },
    endTokens: () => {
      for (const name of names) countdowns.set(name, { endsAtMs: 0, lifeMs: 1 })
      count()
    },
    clear: () => {
      countdowns.clear()
      renewals = 0
      write('renewals', 'none yet')
      write('state', '–')
      count()
    },
  }
}

const wordsFor = (leftMs: number): string => {
  const seconds = Math.ceil(leftMs / 1000)
  if (seconds === 0) return 'ended'
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes}:${two(seconds % 60)} left`
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min left`
}

const two = (part: number): string => String(part).padStart(2, '0')
