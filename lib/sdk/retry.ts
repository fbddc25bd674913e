// When a call is sent again, and after how long. Pure; the waiting itself is done in exchange.ts.
import { canRetry } from '@looker/sdk-rtl'

/** 202, 429 and 503, as in Looker's SDK. `tries` are those that were made. */
export const mayRetry = (status: number, tries: number, maxTries: number): boolean =>
  tries < maxTries && canRetry(status)

/**
 * As long as Looker asked for. Else 1 s after the first try, doubling to 10 s, and up to half of it more by `chance`
 * in [0, 1), so that those who were refused together do not come back together.
 */
export const waitMsOf = (retryAfterMs: number | undefined, tries: number, chance: number): number =>
  retryAfterMs ?? Math.round(Math.min(10_000, 1_000 * 2 ** (tries - 1)) * (1 + chance / 2))
