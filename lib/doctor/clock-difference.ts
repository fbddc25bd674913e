// Whether two clocks agree well enough. Pure.
import { failed, ok, skipped, warning } from './finding.ts'
import type { Verdict } from './finding.ts'

const warnMs = 5_000
const failMs = 30_000
/** A `Date` header has whole seconds, cut off: the truth is half a second later on average. */
const halfSecondMs = 500

/** How far another clock is ahead at least, from a `Date` header and our clock before and after the call. */
export const aheadMsOf = (
  header: string | undefined,
  { sentAtMs, receivedAtMs }: { readonly sentAtMs: number; readonly receivedAtMs: number },
): number | undefined => {
  const aheadMs = Date.parse(header ?? '') + halfSecondMs - (sentAtMs + receivedAtMs) / 2
  if (Number.isNaN(aheadMs)) return undefined
  // Where on the way the header was written is not known: a slow answer proves nothing.
  const surelyMs = Math.abs(aheadMs) - (receivedAtMs - sentAtMs) / 2
  return Math.sign(aheadMs) * Math.max(0, surelyMs)
}

/** `aheadMs` undefined: the other side does not tell its time. */
export const judgeClocks = (
  aheadMs: number | undefined,
  { theirs, ours, remedy }: { readonly theirs: string; readonly ours: string; remedy: string },
): Verdict => {
  if (aheadMs === undefined) return skipped(`${theirs} does not tell the time.`)
  const seconds = Math.round(Math.abs(aheadMs) / 1000)
  const side = aheadMs > 0 ? 'ahead of' : 'behind'
  if (Math.abs(aheadMs) <= warnMs) return ok(`${theirs} and ${ours} have the same time.`)
  const judge = Math.abs(aheadMs) > failMs ? failed : warning
  return judge(`The clock of ${theirs} is ${seconds} s ${side} that of ${ours}.`, remedy)
}
