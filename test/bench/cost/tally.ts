// Stores and a KMS that put each call on a bill, in the units that docs/items.md says of it and
// test/store/*-items-page.test.ts measures.
import type { KmsPort } from '../../../lib/crypto/keys.ts'
import type { SessionStore } from '../../../lib/store/session-store.ts'
import type { SecretStore, TokenStore } from '../../../lib/store/token-store.ts'
import { rowsOf } from '../../store/items-page.ts'
import type { Bill, Item } from './prices.ts'

export type Tally = {
  readonly add: (item: Item, count?: number) => void
  /** What came since it was last asked, if anything did. */
  readonly take: () => Bill | undefined
}

export const createTally = (): Tally => {
  let counts: Partial<Record<Item, number>> | undefined
  return {
    add: (item, count = 1) => {
      counts ??= {}
      counts[item] = (counts[item] ?? 0) + count
    },
    take: () => {
      const taken = counts
      counts = undefined
      return taken
    },
  }
}

const unitsOf = (title: string, columns: readonly Item[]) =>
  new Map(
    rowsOf(title).map(([call = '', ...cells]): [string, Bill] => {
      const tally = createTally()
      for (const [index, item] of columns.entries()) tally.add(item, Number(cells[index]))
      return [call, tally.take() ?? {}]
    }),
  )

const ofTokens = unitsOf('Capacity', ['readUnit', 'writeUnit', 'writeUnit'])
const ofSessions = unitsOf('Capacity of an embed session', [
  'readUnit',
  'readUnit',
  'writeUnit',
  'writeUnit',
])

const noting = (units: ReadonlyMap<string, Bill>, tally: Tally, call: string): void => {
  const { readUnit, writeUnit } = units.get(call) ?? {}
  if (readUnit === undefined || writeUnit === undefined) {
    throw new Error(`docs/items.md does not say what "${call}" consumes`)
  }
  tally.add('readUnit', readUnit)
  tally.add('writeUnit', writeUnit)
}

export const tallyTokens = (store: TokenStore, tally: Tally): TokenStore => {
  const note = (call: string) => noting(ofTokens, tally, call)
  const on =
    <A extends readonly unknown[], R>(call: string, act: (...args: A) => R) =>
    (...args: A): R => {
      note(call)
      return act(...args)
    }
  return {
    read: (key, options) => {
      note(options?.consistent ? 'read, consistent' : 'read')
      return store.read(key, options)
    },
    takeLease: on('take', store.takeLease),
    publish: on('publish, next', store.publish),
    release: on('release', store.release),
    markRefused: on('mark refused', store.markRefused),
    markRevoked: on('mark revoked', store.markRevoked),
    markUsed: on('mark used', store.markUsed),
    dropDue: on('drop due', store.dropDue),
    listDue: on('list due, a page', store.listDue),
  }
}

export const tallySecrets = (store: SecretStore, tally: Tally): SecretStore => {
  const note = (call: string) => noting(ofTokens, tally, call)
  return {
    readSecret: (key) => {
      note('read the secret, or its version')
      return store.readSecret(key)
    },
    readSecretVersion: (key) => {
      note('read the secret, or its version')
      return store.readSecretVersion(key)
    },
    writeSecret: (...args) => {
      note('write the secret')
      return store.writeSecret(...args)
    },
  }
}

export const tallySessions = (store: SessionStore, tally: Tally): SessionStore => {
  const on =
    <A extends readonly unknown[], R>(call: string, act: (...args: A) => R) =>
    (...args: A): R => {
      noting(ofSessions, tally, call)
      return act(...args)
    }
  return {
    read: on('read', store.read),
    listOfUser: on('read', store.listOfUser),
    countAcquire: on('count', store.countAcquire),
    takeLease: on('take', store.takeLease),
    publish: on('publish', store.publish),
    replace: on('replace', store.replace),
    release: on('release', store.release),
    end: on('end', store.end),
    forget: on('forget', store.forget),
    listDue: on('list due, a page', store.listDue),
    reschedule: on('reschedule', store.reschedule),
    listPage: on('list, a page of one item', store.listPage),
  }
}

export const tallyKms = (kms: KmsPort, tally: Tally): KmsPort => ({
  generate: (context) => {
    tally.add('kmsCall')
    return kms.generate(context)
  },
  decrypt: (wrapped, context) => {
    tally.add('kmsCall')
    return kms.decrypt(wrapped, context)
  },
})
