// A session store that takes note of its calls by name; and one without leases.
import type { SessionStore } from '../../../lib/store/session-store.ts'

type Name = keyof SessionStore

export const watchSessionStore = (store: SessionStore, calls: Name[]): SessionStore => {
  const note =
    <Args extends readonly unknown[], Answer>(name: Name, call: (...args: Args) => Answer) =>
    (...args: Args): Answer => {
      calls.push(name)
      return call(...args)
    }
  return {
    read: note('read', store.read),
    listOfUser: note('listOfUser', store.listOfUser),
    countAcquire: note('countAcquire', store.countAcquire),
    takeLease: note('takeLease', store.takeLease),
    publish: note('publish', store.publish),
    replace: note('replace', store.replace),
    release: note('release', store.release),
    end: note('end', store.end),
    forget: note('forget', store.forget),
  }
}

/** The negative control: every claim to the lease is granted, so nobody waits for anybody. */
export const withoutSessionLease = (store: SessionStore): SessionStore => ({
  ...store,
  takeLease: async (key, claim) => ({ ...(await store.takeLease(key, claim)), applied: true }),
})
