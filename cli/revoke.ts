// Revoking with the function of a stage until nothing is left, or for as long as somebody wants to wait.
import type { Revoke, Revoked, What } from './revoke-calls.ts'

/** Between two calls of which the first came no further. */
const pauseMs = 15_000

export type RevokeOptions = {
  readonly revoke: Revoke
  readonly what: readonly What[]
  /** For how long it is asked again where Looker does not confirm. */
  readonly waitMs: number
  readonly clock: { readonly now: () => number; readonly sleep: (ms: number) => Promise<unknown> }
  readonly tell: (line: string) => void
}

/** How many are left, at least. Errors: `Remedy`. */
export const revokeEverything = async (options: RevokeOptions): Promise<number> => {
  let left = 0
  for (const what of options.what) left += await revokeAll(options, what)
  return left
}

const revokeAll = async (options: RevokeOptions, what: What): Promise<number> => {
  const { revoke, waitMs, clock, tell } = options
  const untilMs = clock.now() + waitMs
  let answer = await revoke(what)
  const sums = { ended: 0, lost: 0 }
  for (;;) {
    if (!answer.kept) {
      tell(notKept(answer))
      return 0
    }
    sums.ended += answer.ended
    sums.lost += answer.lost
    const { left, ended, buried, begun_at_ms } = answer
    const isStuck = ended === 0 && buried === 0
    const isOver = isStuck && clock.now() + pauseMs > untilMs
    if (left === 0 || isOver) {
      for (const line of linesOf[what]({ ...sums, left })) tell(line)
      return left
    }
    if (isStuck) {
      tell(`Looker has not confirmed ${countOf(left, what)}; asking again in 15 s.`)
      await clock.sleep(pauseMs)
    }
    answer = await revoke(what, begun_at_ms)
  }
}

type Counts = { readonly ended: number; readonly lost: number; readonly left: number }

const names: Readonly<Record<What, readonly [string, string]>> = {
  sessions: ['embed session', 'embed sessions'],
  tokens: ['API token', 'API tokens'],
}

const countOf = (count: number, what: What): string =>
  `${count} ${names[what][count === 1 ? 0 : 1]}`

const linesOf: Readonly<Record<What, (counts: Counts) => readonly string[]>> = {
  sessions: ({ ended, lost, left }) => [
    `Ended ${countOf(ended, 'sessions')}, here and at Looker. Their users need a new sign-in.`,
    ...(lost === 0
      ? []
      : [
          `${countOf(lost, 'sessions')} ended here alone: the record does not open, so Looker cannot be told.`,
        ]),
    ...(left === 0
      ? []
      : [
          `Left: at least ${countOf(left, 'sessions')} that Looker has not confirmed. They are given nothing new, and the schedule asks Looker every minute.`,
        ]),
  ],
  tokens: ({ ended, lost, left }) => [
    `Logged out ${countOf(ended, 'tokens')} at Looker. Whoever needs one is logged in anew.`,
    ...(lost === 0
      ? []
      : [
          `${countOf(lost, 'tokens')} cannot be logged out (the record does not open, or is of another Looker). No function gives it out; it ends by itself.`,
        ]),
    ...(left === 0
      ? []
      : [
          `Left: at least ${countOf(left, 'tokens')} that Looker has not confirmed. They are given out no more, and the next login of each logs it out.`,
        ]),
  ],
}

const notKept = ({ longest_seconds: seconds }: Revoked & { kept: false }): string => {
  if (seconds === null) return 'This tenant does not embed: there are no sessions.'
  return (
    'No embed session can be ended: with "store: client" only the pages know theirs. ' +
    `They end by themselves, at most ${spanOf(seconds)} after they began.`
  )
}

const spanOf = (seconds: number): string =>
  seconds % 86_400 === 0
    ? `${seconds / 86_400} days`
    : seconds % 3_600 === 0
      ? `${seconds / 3_600} hours`
      : `${Math.ceil(seconds / 60)} minutes`
