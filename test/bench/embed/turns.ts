// Pages that take turns, and what each of them waited.
import { quantile } from '../quantile.ts'
import type { Page } from './page.ts'

export type Times = { readonly name: string; readonly p50: number; readonly p99: number }

/**
 * Milliseconds of one request, by page. `between` runs before each turn: the limit on acquires asks that
 * time goes by.
 */
export const measureTurns = async (
  pages: readonly Page[],
  what: 'acquire' | 'generate',
  { turns, warmUps, between }: { turns: number; warmUps: number; between: () => void },
): Promise<readonly Times[]> => {
  const entries = pages.map((page) => ({ page, samples: new Array<number>() }))
  for (let turn = -warmUps; turn < turns; turn += 1) {
    between()
    for (const { page, samples } of rotated(entries, turn + warmUps)) {
      const ms = await page[what]()
      if (turn >= 0) samples.push(ms)
    }
  }
  return entries.map(({ page: { name }, samples }) => ({
    name,
    p50: quantile(samples, 0.5),
    p99: quantile(samples, 0.99),
  }))
}

/** Nobody is always the one who comes after the slowest. */
const rotated = <T>(entries: readonly T[], by: number): readonly T[] => {
  const first = by % entries.length
  return [...entries.slice(first), ...entries.slice(0, first)]
}
