// Every call of the stores, for tests that fail each of them in the same way.
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import type { Table } from '../../lib/store/dynamo-table.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'
import { bytes, claim, first, key, publication } from '../contracts/leases.ts'
import {
  acquireClaim,
  replacement,
  sessionClaim,
  sessionEnd,
  sessionKey,
  sessionPublication,
} from '../contracts/sessions.ts'

const seen: SessionItem = {
  key: sessionKey,
  generation: 1,
  sealed: { frame: bytes('frame-1'), generation: 1 },
  ttlEpochSeconds: 3_700,
}

const refused = { generation: 1, count: 1, notBeforeAtMs: 40_000, nowAtMs: 10_000 }

export const callsOf = (table: Table): Readonly<Record<string, () => Promise<unknown>>> => {
  const tokens = createDynamoTokenStore(table)
  const secrets = createDynamoSecretStore(table)
  const sessions = createDynamoSessionStore(table)
  return {
    read: () => tokens.read(key),
    takeLease: () => tokens.takeLease(key, claim()),
    publish: () => tokens.publish(key, first, publication()),
    release: () => tokens.release(key, first, { ttlEpochSeconds: 3_620 }),
    markRefused: () => tokens.markRefused(key, refused),
    markUsed: () => tokens.markUsed(key, 1),
    dropDue: () => tokens.dropDue(key, 1),
    listDue: () => tokens.listDue(90_000)[Symbol.asyncIterator]().next(),
    readSecret: () => secrets.readSecret(key),
    readSecretVersion: () => secrets.readSecretVersion(key),
    writeSecret: () =>
      secrets.writeSecret(key, { frame: bytes('frame-1'), generation: 1 }, undefined),
    readSession: () => sessions.read(sessionKey),
    listOfUser: () => sessions.listOfUser(sessionKey.partition),
    countAcquire: () => sessions.countAcquire(sessionKey, acquireClaim(seen)),
    takeSessionLease: () => sessions.takeLease(sessionKey, sessionClaim()),
    publishSession: () => sessions.publish(sessionKey, first, undefined, sessionPublication()),
    replaceSession: () => sessions.replace(sessionKey, seen, replacement()),
    releaseSession: () => sessions.release(sessionKey, first),
    endSession: () => sessions.end(sessionKey, seen, sessionEnd),
    forgetSession: () => sessions.forget(sessionKey, seen),
    listDueSessions: () => sessions.listDue(90_000)[Symbol.asyncIterator]().next(),
    rescheduleSession: () => sessions.reschedule(sessionKey, seen, 90_000),
    listPageOfSessions: () => sessions.listPage({ limit: 10 }),
  }
}
