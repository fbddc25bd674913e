// A session store that counts its calls, fails on demand, and lets something happen before one of them.
import { StoreError } from '../../lib/errors.ts'
import type { StoreFailure } from '../../lib/errors.ts'
import type { SessionStore } from '../../lib/store/session-store.ts'

export type Operation = keyof SessionStore

export type WatchedTable = {
  readonly failing: Map<Operation, StoreFailure>
  calls: Partial<Record<Operation, number>>
  /** Before the call of that name, once. */
  meanwhile?: { readonly call: Operation; readonly act: () => Promise<unknown> } | undefined
}

const operations: readonly Operation[] = [
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
  'listDue',
]

/** Every call fails so. */
export const failWholly = ({ failing }: WatchedTable, failure: StoreFailure): void => {
  for (const operation of operations) failing.set(operation, failure)
}

export const watchTable = (store: SessionStore) => {
  const table: WatchedTable = { failing: new Map(), calls: {} }
  const around = async <T>(operation: Operation, call: () => Promise<T>): Promise<T> => {
    const { meanwhile } = table
    if (meanwhile?.call === operation) {
      table.meanwhile = undefined
      await meanwhile.act()
    }
    table.calls[operation] = (table.calls[operation] ?? 0) + 1
    const failure = table.failing.get(operation)
    if (failure) throw new StoreError(failure, 'the table fails')
    return call()
  }
  const watched: SessionStore = {
    read: (...args) => around('read', () => store.read(...args)),
    listOfUser: (...args) => around('listOfUser', () => store.listOfUser(...args)),
    countAcquire: (...args) => around('countAcquire', () => store.countAcquire(...args)),
    takeLease: (...args) => around('takeLease', () => store.takeLease(...args)),
    publish: (...args) => around('publish', () => store.publish(...args)),
    replace: (...args) => around('replace', () => store.replace(...args)),
    release: (...args) => around('release', () => store.release(...args)),
    end: (...args) => around('end', () => store.end(...args)),
    forget: (...args) => around('forget', () => store.forget(...args)),
    listDue: async function* listDue(beforeAtMs) {
      yield* await around('listDue', async () => store.listDue(beforeAtMs))
    },
    reschedule: (...args) => around('reschedule', () => store.reschedule(...args)),
    listPage: (...args) => around('listPage', () => store.listPage(...args)),
  }
  return { table, store: watched }
}
