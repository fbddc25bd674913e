// The table of a browser test: in memory, and away when the test wants it so.
import { StoreError, type StoreFailure } from '../../lib/errors.ts'
import {
  createMemorySecretStore,
  createMemoryTokenStore,
} from '../../lib/store/memory-token-store.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'
import { createFaultyStore, failingAs } from '../scenarios/stores.ts'

export type Table = {
  /** Every call fails so from now on; without a failure, none does. */
  readonly fail: (failure?: StoreFailure) => void
  /** Its sessions, for the test to look at: never fails. */
  readonly standing: SessionStore
}

export const createTable = () => {
  const { store, switches } = createFaultyStore(createMemoryTokenStore())
  const standing = createMemorySessionStore()
  const orFail = async <T>(call: () => Promise<T>): Promise<T> => {
    if (switches.failing) throw new StoreError(switches.failing, 'simulated')
    return call()
  }
  const sessions: SessionStore = {
    read: (...args) => orFail(() => standing.read(...args)),
    listOfUser: (...args) => orFail(() => standing.listOfUser(...args)),
    countAcquire: (...args) => orFail(() => standing.countAcquire(...args)),
    takeLease: (...args) => orFail(() => standing.takeLease(...args)),
    publish: (...args) => orFail(() => standing.publish(...args)),
    replace: (...args) => orFail(() => standing.replace(...args)),
    release: (...args) => orFail(() => standing.release(...args)),
    end: (...args) => orFail(() => standing.end(...args)),
    forget: (...args) => orFail(() => standing.forget(...args)),
    async *listDue(beforeAtMs) {
      if (switches.failing) throw new StoreError(switches.failing, 'simulated')
      yield* standing.listDue(beforeAtMs)
    },
    reschedule: (...args) => orFail(() => standing.reschedule(...args)),
    listPage: (...args) => orFail(() => standing.listPage(...args)),
  }
  const table: Table = {
    fail: (failure) => {
      switches.failing = failure
    },
    standing,
  }
  return { table, store, secrets: failingAs(createMemorySecretStore(), switches), sessions }
}
