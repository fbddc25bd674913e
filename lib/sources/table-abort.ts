// Ends one call at its caller's signal. The work goes on for the others who wait for it.
import { TokenError } from './token-error.ts'

/** Errors: `TokenError` `aborted`, and those of the work. */
export const unlessAborted = async <T>(
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> => {
  if (signal === undefined) return work()
  if (signal.aborted) throw aborted()
  const done = new AbortController()
  try {
    return await Promise.race([
      work(),
      new Promise<never>((_, reject) => {
        const { signal: gone } = done
        signal.addEventListener('abort', () => reject(aborted()), { once: true, signal: gone })
      }),
    ])
  } finally {
    done.abort()
  }
}

const aborted = (): TokenError => new TokenError('aborted', 'The call was ended by its signal.')
