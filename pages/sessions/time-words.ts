// Lengths of time in words, short enough for a column.

const units = [
  { seconds: 86_400, sign: 'd' },
  { seconds: 3_600, sign: 'h' },
  { seconds: 60, sign: 'min' },
  { seconds: 1, sign: 's' },
] as const

/** The two largest units, as in `1 h 5 min`, `2 min 3 s` or `12 s`; the last is cut, not rounded. 0 and less: `0 s`. */
export const lengthWords = (seconds: number): string => partsOf(seconds).slice(0, 2).join(' ')

/** In the largest unit, as in `5 min ago`; less than 10 s, and a time to come by a clock that is ahead: `just now`. */
export const agoWords = (seconds: number): string =>
  seconds < 10 ? 'just now' : `${partsOf(seconds)[0] ?? ''} ago`

/** The time of today, else the day with it, in the viewer's zone and language. */
export const sinceWords = (at: Date, now: Date): string => {
  const isToday = at.toDateString() === now.toDateString()
  const form = { dateStyle: isToday ? undefined : 'medium', timeStyle: 'short' } as const
  return `${isToday ? 'today, ' : ''}${at.toLocaleString(undefined, form)}`
}

/** Largest first; what follows the largest at once, and is 0, is left out with all that is smaller. */
const partsOf = (seconds: number): readonly string[] => {
  const whole = Math.max(0, Math.floor(seconds))
  const first = units.findIndex((unit) => whole >= unit.seconds)
  if (first === -1) return ['0 s']
  const counts = units.slice(first).map(({ seconds: length, sign }, index) => {
    const above = units[first + index - 1]?.seconds ?? Infinity
    return { count: Math.floor((index === 0 ? whole : whole % above) / length), sign }
  })
  const end = counts[1]?.count === 0 ? 1 : 2
  return counts.slice(0, end).map(({ count, sign }) => `${count} ${sign}`)
}
