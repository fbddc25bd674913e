// What somebody or something else left of a session in the table must neither crash a reader, nor keep
// everybody out, nor bring a session back that ended.
import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import { keyAttributes } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import { parseSessionItem } from '../../lib/store/session-items.ts'
import type { SessionItem, SessionStore } from '../../lib/store/session-store.ts'
import { bytes } from '../contracts/leases.ts'
import {
  acquireClaim,
  replacement,
  sessionClaim,
  sessionEnd,
  sessionKey,
  sessionPublication,
  sessionStanding,
} from '../contracts/sessions.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { oddValues, putRaw } from './raw-items.ts'
import type { RawTable } from './raw-items.ts'
import { freeSessionAttributes, livingSession, wholeSession, without } from './session-raw-items.ts'

const newest = { owner: 'owner-9', generation: 900 }
const healed = {
  key: sessionKey,
  generation: 900,
  sealed: { frame: bytes('frame-1'), generation: 900 },
  sessionId: 'session-1',
  claimsAtMs: 9_000,
  profileDigest: 'profile-1',
  acquires: { windowStartedAtMs: 10_000, count: 1 },
  startMs: 400,
  dueAtMs: 90_000,
  ttlEpochSeconds: 3_700,
}

/** Each attribute with each value that does not fit it. */
const misfitsOf = (names: readonly string[]): [string, string, AttributeValue][] =>
  names.flatMap((name) =>
    Object.entries(oddValues)
      .filter(([, value]) => !fits(name, value))
      .map(([kind, value]): [string, string, AttributeValue] => [name, kind, value]),
  )

const fits = (name: string, value: AttributeValue): boolean => {
  const [usual] = Object.keys(wholeSession()[name] ?? {})
  if (usual === 'N') return /^\d{1,15}$/.test(value.N ?? '')
  if (name === 'end_reason') return false
  return Object.keys(value)[0] === usual
}

describe.skipIf(!hasDynamoDb())('a session item with an attribute of the wrong type', () => {
  let table: RawTable
  let store: SessionStore

  beforeAll(async () => {
    table = await freshTable()
    store = createDynamoSessionStore(table)
  })

  /** It replaces what the test before left. */
  const seen = async (item: Attributes): Promise<SessionItem> => {
    await putRaw(table, item)
    const read = await store.read(sessionKey)
    if (!read) throw new Error('the item was not read')
    return read
  }

  /** What stands after a start, without what is the store's alone. */
  const restarted = async (item: SessionItem) => {
    const claim = sessionClaim({ seen: item, ...newest, nowAtMs: 16_000 })
    await store.takeLease(sessionKey, claim)
    await store.publish(sessionKey, newest, item, sessionPublication())
    return sessionStanding(store)
  }

  it.each(misfitsOf(freeSessionAttributes))(
    'in %s (%s) is leased at once and healed by the session',
    async (name, _, value) => {
      expect(await restarted(await seen({ ...wholeSession(), [name]: value }))).toEqual(healed)
    },
  )

  it.each(freeSessionAttributes)('is leased and healed when %s is missing', async (name) => {
    expect(await restarted(await seen(without(wholeSession(), [name])))).toEqual(healed)
  })

  it.each(misfitsOf(['lease_owner', 'lease_until_ms', 'lease_length_ms']))(
    'in %s (%s) holds no lease, however late the lease would end',
    async (name, _, value) => {
      const held = { ...wholeSession(), lease_until_ms: { N: '99999' } }

      expect(await restarted(await seen({ ...held, [name]: value }))).toEqual(healed)
    },
  )

  it.each(misfitsOf(freeSessionAttributes.filter((name) => name !== 'sealed')))(
    'in %s (%s) is counted, replaced and ended',
    async (name, _, value) => {
      const item = { ...livingSession(), [name]: value }

      const counted = await store.countAcquire(sessionKey, acquireClaim(await seen(item)))
      const replaced = await store.replace(
        sessionKey,
        await seen(item),
        replacement({ nowAtMs: 16_000 }),
      )
      const ended = await store.end(sessionKey, await seen(item), sessionEnd)

      expect(counted.outcome).toBe('counted')
      expect(replaced.applied).toBe(true)
      expect(ended).toMatchObject({ applied: true, item: { ended: { atMs: 20_000 } } })
    },
  )

  it.each(misfitsOf(['end_reason', 'needs_sign_in']))(
    'in %s (%s) is still ended, and not counted',
    async (name, _, value) => {
      const item = await seen({ ...wholeSession(), [name]: value })

      expect(item.ended).toMatchObject({ atMs: 11_000, needsSignIn: name === 'needs_sign_in' })
      const { outcome } = await store.countAcquire(sessionKey, acquireClaim(item))
      expect(outcome).toBe('changed')
    },
  )

  it('with a count that cannot be read begins its window anew, and only once', async () => {
    const window = { acquire_window_ms: { N: '12000' }, acquire_count: { S: 'x' } }
    const item = await seen({ ...livingSession(), ...window })

    const claim = acquireClaim(item, { nowAtMs: 12_000, limit: 3 })
    const counts = await Promise.all(
      Array.from({ length: 6 }, () => store.countAcquire(sessionKey, claim)),
    )

    expect(counts.filter(({ outcome }) => outcome === 'counted')).toHaveLength(3)
    expect((await sessionStanding(store))?.acquires?.count).toBe(3)
  })

  it('is listed as what is left of it', async () => {
    await putRaw(table, { ...keyAttributes(sessionKey), generation: { S: 'x' } })

    const [item] = await store.listOfUser(sessionKey.partition)

    expect(item).toMatchObject({ key: sessionKey, generation: 0, ttlEpochSeconds: 0 })
  })

  it('of a user with more items than are listed ends the list', async () => {
    const { partition } = sessionKey
    const sorts = Array.from({ length: 501 }, (_, at) => `device#${at}`)
    await Promise.all(
      sorts.map((sort) =>
        putRaw(table, { ...wholeSession(), ...keyAttributes({ partition, sort }) }),
      ),
    )

    const items = await store.listOfUser(partition)

    expect(new Set(items.map(({ key }) => key.sort)).size).toBe(500)
  })

  it('on pages beyond the first is listed too', async () => {
    const partition = 'embed-session#acme#many'
    const sealed = { B: new Uint8Array(200_000) }
    for (const sort of ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11']) {
      await putRaw(table, { ...wholeSession(), ...keyAttributes({ partition, sort }), sealed })
    }

    expect(await store.listOfUser(partition)).toHaveLength(11)
  })
})

describe('any attributes', () => {
  const value = fc.constantFrom(...Object.values(oddValues), ...Object.values(wholeSession()))
  const attributes = fc.dictionary(fc.constantFrom(...Object.keys(wholeSession())), value)

  it('are read without a crash, and an item never without its key', () => {
    fc.assert(
      fc.property(attributes, (item) => {
        const read = parseSessionItem(item)
        expect(read === undefined).toBe(item['pk']?.S === undefined || item['sk']?.S === undefined)
        const endedAt = read?.ended?.atMs.toString() ?? item['ended_at_ms']?.N
        expect(item['ended_at_ms']?.N).toBe(endedAt)
      }),
      { numRuns: 10_000 },
    )
  })
})
