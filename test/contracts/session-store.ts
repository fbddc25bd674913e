// What every session store promises, whatever it is made of.
import { describe } from 'vitest'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { describeCountAcquire } from './session-counts.ts'
import { describeDueSessions } from './session-due.ts'
import { describeEndings, describeListing } from './session-endings.ts'
import { describeSessionLease } from './session-leases.ts'
import { describeSessionPages } from './session-pages.ts'
import { describeSessionPublishing } from './session-publishing.ts'
import { describeSights } from './session-sights.ts'

/** `make` gives an empty store; `name` says on what, as in `in memory`. */
export const describeSessionStore = (name: string, make: () => Promise<SessionStore>): void => {
  describe(`the session store ${name}`, () => {
    describeSessionLease(make)
    describeCountAcquire(make)
    describeSessionPublishing(make)
    describeEndings(make)
    describeListing(make)
    describeDueSessions(make)
    describeSessionPages(make)
    describeSights(make)
  })
}
