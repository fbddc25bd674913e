// With `store: client` the page keeps its session, sealed: it can be read by the broker alone, and only for
// the same user and browser. Kept for all tabs, so that they share one session as they would with a table.
import { fieldsOf } from './answers.ts'
import type { Surroundings } from './surroundings.ts'

export type SealedSession = {
  /** What goes into a body: nothing where the broker never gave one. */
  readonly field: () => { readonly session?: string }
  readonly keep: (answer: unknown) => void
  /** This tab's own. Another session, which another tab began meanwhile, stays. */
  readonly forget: () => void
  /** Whichever is kept for all tabs, and this tab's own. */
  readonly clear: () => void
}

export const createSealedSession = (
  url: string,
  { storage }: Pick<Surroundings, 'storage'>,
): SealedSession => {
  const name = `looker-session of ${url}`
  let own: string | undefined
  const stored = () => tried(() => storage?.getItem(name)) ?? undefined
  const clear = () => {
    own = undefined
    tried(() => storage?.removeItem(name))
  }
  return {
    field: () => {
      const session = stored() ?? own
      return session === undefined ? {} : { session }
    },
    keep: (answer) => {
      const { session } = fieldsOf(answer)
      if (typeof session !== 'string') return
      own = session
      tried(() => storage?.setItem(name, session))
    },
    forget: () => {
      if (stored() === own) clear()
      own = undefined
    },
    clear,
  }
}

// Storage may be full or refused; the tab then has its own memory.
const tried = <T>(work: () => T): T | undefined => {
  try {
    return work()
  } catch {
    return undefined
  }
}
