// Who is signed in at the local identity provider, and the role that each person has at present.
import { randomUUID } from 'node:crypto'
import { people, type Person } from './people.ts'

export type SignedIn = {
  /** Another one at every sign-in. */
  readonly sid: string
  readonly signedInAtMs: number
  readonly person: Person
}

export type Sessions = {
  /** The id for the cookie; undefined for somebody unknown. */
  readonly start: (sub: string) => string | undefined
  readonly find: (id: string | undefined) => SignedIn | undefined
  readonly end: (id: string) => void
  /** For all sessions of the person: what the next tokens will say. */
  readonly changeRole: (sub: string, role: string) => void
}

export const createSessions = (now: () => number): Sessions => {
  const started = new Map<string, { sub: string; sid: string; signedInAtMs: number }>()
  const current = new Map(people.map((person) => [person.sub, person]))
  return {
    start: (sub) => {
      if (!current.has(sub)) return undefined
      const id = randomUUID()
      started.set(id, { sub, sid: randomUUID(), signedInAtMs: now() })
      return id
    },
    find: (id = '') => {
      const session = started.get(id)
      const person = session && current.get(session.sub)
      return person && { sid: session.sid, signedInAtMs: session.signedInAtMs, person }
    },
    end: (id) => {
      started.delete(id)
    },
    changeRole: (sub, role) => {
      const person = current.get(sub)
      if (person) current.set(sub, { ...person, role })
    },
  }
}
