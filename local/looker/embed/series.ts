// Figures that look accidental and are always the same for the same text.

export type Series = {
  /** The next whole number, both bounds included. */
  readonly between: (least: number, most: number) => number
  /** Numbers within the bounds that go up and down by little. */
  readonly walk: (count: number, least: number, most: number) => readonly number[]
}

export const createSeries = (seed: string): Series => {
  // FNV-1a for the start and mulberry32 from there: small, and good enough for the eye.
  let state = 0x811c9dc5
  for (let at = 0; at < seed.length; at++) {
    state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193)
  }
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    between,
    walk: (count, least, most) => {
      const step = Math.round((most - least) / 4)
      let value = between(least, most)
      return Array.from({ length: count }, () => {
        value = Math.min(most, Math.max(least, value + between(-step, step)))
        return value
      })
    },
  }
}
