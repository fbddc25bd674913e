// Asks the broker how the session stands when that may have changed: warns before its end, takes the warning
// back, and notices the end.
import type { SessionState } from './answers.ts'
import { standingOf, type Standing, type Warning } from './standing.ts'
import type { Surroundings } from './surroundings.ts'

export type LookoutParts = {
  readonly surroundings: Pick<Surroundings, 'now' | 'setTimer' | 'onWake'>
  readonly readState: () => Promise<SessionState>
  readonly finish: (known: SessionState) => void
  readonly onChange: (change: Warning | { readonly state: 'live' }) => void
  /** The broker's word was taken: whether activity makes a difference may have changed. */
  readonly onTaken: () => void
}

export type Lookout = {
  /** A session was acquired: asks in a moment, once for frames that open together. */
  readonly begin: () => void
  /** Asks now, if there is a session to ask for. Never rejects. */
  readonly look: () => Promise<void>
  /** What the broker answered to another call. */
  readonly take: (state: SessionState) => void
  readonly needsActivity: () => boolean
  /** By the broker's last word; undefined: not yet, or no more. */
  readonly warning: () => Warning | undefined
  readonly stop: () => void
}

const soonMs = 1_000
const againMs = 30_000

export const createLookout = (parts: LookoutParts): Lookout => {
  const { surroundings, readState, finish, onChange, onTaken } = parts
  const { now, setTimer } = surroundings
  let isOn = false
  /** Undefined as well for a session without a policy, of which nothing has to be asked. */
  let standing: Standing | undefined
  let isAnswered = false
  let stopTimer: (() => void) | undefined
  // An answer counts if nothing newer was asked or told meanwhile.
  let turn = 0

  const lookIn = (ms: number) => {
    stopTimer?.()
    stopTimer = setTimer(() => void look(), ms)
  }

  const take = (state: SessionState) => {
    turn += 1
    if (!isOn) return
    isAnswered = true
    if (state.state === 'ended') return finish(state)
    const wasWarning = standing?.warning !== undefined
    standing = standingOf(state, now())
    stopTimer?.()
    if (standing !== undefined) lookIn(standing.lookAtMs - now())
    if (standing?.warning !== undefined) onChange(standing.warning)
    else if (wasWarning) onChange({ state: 'live' })
    onTaken()
  }

  const look = async (): Promise<void> => {
    if (!isOn) return
    const asked = ++turn
    try {
      const state = await readState()
      if (asked === turn) take(state)
    } catch {
      if (asked === turn) lookIn(againMs)
    }
  }

  surroundings.onWake(() => {
    // An answer that is still on its way may be from before the sleep.
    if (standing !== undefined || !isAnswered) void look()
  })

  return {
    begin: () => {
      isOn = true
      isAnswered = false
      turn += 1
      lookIn(soonMs)
    },
    look,
    take,
    needsActivity: () => standing?.needsActivity === true,
    warning: () => standing?.warning,
    stop: () => {
      isOn = false
      standing = undefined
      stopTimer?.()
    },
  }
}
