// The warning above the frames: how long the session still lives, and the button that extends it.
import type { Warning } from '../../../lib/browser/index.ts'
import { find, onClick, write } from './elements.ts'

export type WarningBar = {
  readonly show: (warning: Warning) => void
  readonly hide: () => void
  readonly isShown: () => boolean
}

export const createWarning = (extend: () => unknown): WarningBar => {
  let endsAtMs: number | undefined
  const count = () => {
    if (endsAtMs === undefined) return
    const seconds = Math.max(0, Math.ceil((endsAtMs - Date.now()) / 1000))
    const part = String(seconds % 60).padStart(2, '0')
    write('warning-left', `${Math.floor(seconds / 60)}:${part}`)
  }
  setInterval(count, 500)
  onClick('extend', extend)
  return {
    show: ({ endsAt, warns, mayExtend, extendsTo }) => {
      endsAtMs = endsAt.getTime()
      write('warning-text', textOf(warns, extendsTo))
      find('extend').hidden = warns === 'inactivity' || !mayExtend
      count()
      find('warning').hidden = false
    },
    hide: () => {
      endsAtMs = undefined
      find('warning').hidden = true
    },
    isShown: () => endsAtMs !== undefined,
  }
}

const textOf = (warns: Warning['warns'], extendsTo: Date | null): string => {
  if (warns === 'inactivity')
    return 'Are you still there? Move the pointer, or your session ends in'
  if (extendsTo === null) return 'Your session cannot be extended any more. It ends in'
  return `Your session can be extended until ${extendsTo.toLocaleTimeString()}. It ends in`
}
