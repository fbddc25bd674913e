// A table of embed sessions of which each operation can be made to fail, or to lose its reply.
import { StoreError } from '../../lib/errors.ts'
import type { StoreFailure } from '../../lib/errors.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'

export type Operation = Exclude<keyof SessionStore, 'listDue'>

export const operations = [
  'read',
  'listOfUser',
  'countAcquire',
  'takeLease',
  'publish',
  'replace',
  'release',
  'end',
  'forget',
  'reschedule',
  'listPage',
] as const satisfies readonly Operation[]

/** Around every call: `call` is the true one. */
export type Around = <T>(operation: Operation, call: () => Promise<T>) => Promise<T>

export const aroundSessions = (store: SessionStore, wrap: Around): SessionStore => ({
  read: (...args) => wrap('read', () => store.read(...args)),
  listOfUser: (...args) => wrap('listOfUser', () => store.listOfUser(...args)),
  countAcquire: (...args) => wrap('countAcquire', () => store.countAcquire(...args)),
  takeLease: (...args) => wrap('takeLease', () => store.takeLease(...args)),
  publish: (...args) => wrap('publish', () => store.publish(...args)),
  replace: (...args) => wrap('replace', () => store.replace(...args)),
  release: (...args) => wrap('release', () => store.release(...args)),
  end: (...args) => wrap('end', () => store.end(...args)),
  forget: (...args) => wrap('forget', () => store.forget(...args)),
  listDue: store.listDue,
  reschedule: (...args) => wrap('reschedule', () => store.reschedule(...args)),
  listPage: (...args) => wrap('listPage', () => store.listPage(...args)),
})

export type TableFaults = {
  /** From now on, until taken out. */
  readonly failing: Map<Operation, StoreFailure>
  /** Applied once more, and then the reply is lost. */
  readonly losing: Set<Operation>
}

export const createFaultyTable = (store: SessionStore) => {
  const faults: TableFaults = { failing: new Map(), losing: new Set() }
  const faulty = aroundSessions(store, async (operation, call) => {
    const failure = faults.failing.get(operation)
    if (failure) throw new StoreError(failure, 'the table fails')
    const answer = await call()
    if (faults.losing.delete(operation)) throw new StoreError('unavailable', 'the reply is lost')
    return answer
  })
  return { store: faulty, faults }
}
