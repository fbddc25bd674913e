// Whose a session is at the moment, and until when it has a token. No I/O, and no tokens.

/** An identity of a session. To forget it is to replace it: what comes late for the old one is lost. */
export type Identity = {
  /** Undefined: the service account. */
  readonly userId: string | undefined
  /** End of the last token that was got for it, epoch milliseconds; 0 without one. */
  endsAtMs: number
}

/** A login under way: `apply` it when there is a token. */
export type Change = { readonly to: Identity; readonly apply: () => void }

export type Standing = {
  readonly present: () => Identity
  /** Empty while the session is its base's. */
  readonly sudoId: () => string
  /** To that user, or to the base. Of several at once the last one begun that is applied counts. */
  readonly change: (userId: string | undefined) => Change
  /** Forgets whose it is now. Answers the base, if it was a user until now. */
  readonly leave: () => Identity | undefined
  /** Forgets everything. */
  readonly reset: () => void
}

export const createStanding = (userId: string | undefined): Standing => {
  let base = identityOf(userId)
  let sudo: Identity | undefined
  let begun = 0
  let applied = 0

  // A login that began before is overtaken by it.
  const overtake = (): void => {
    applied = ++begun
    sudo = undefined
  }

  return {
    present: () => sudo ?? base,
    sudoId: () => sudo?.userId ?? '',
    change: (id) => {
      const turn = ++begun
      const to = id === undefined ? base : identityOf(id)
      return {
        to,
        apply: () => {
          if (turn < applied) return
          applied = turn
          sudo = id === undefined ? undefined : to
        },
      }
    },
    leave: () => {
      const was = sudo
      overtake()
      if (was) return base
      base = identityOf(userId)
      return undefined
    },
    reset: () => {
      overtake()
      base = identityOf(userId)
    },
  }
}

const identityOf = (userId: string | undefined): Identity => ({ userId, endsAtMs: 0 })
