import { expect, test } from 'vitest'
import { createSessionReader } from '../../lib/embed/reader.ts'
import { sessionKind } from '../../lib/embed/session-key.ts'
import { encodeSessionRecord } from '../../lib/embed/session-record.ts'
import { KeysError } from '../../lib/errors.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import { Secret } from '../../lib/secret.ts'
import type { SessionItem } from '../../lib/store/session-store.ts'
import { localKms, sealerAt } from '../crypto/sealers.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'

const key = { partition: 'embed-session#looker#ann', sort: 'device#1' }
const record = {
  reference: new Secret('reference'),
  sessionId: 'session',
  userAgentDigest: 'agent',
  profileDigest: 'profile',
  claimsAtMs: 1,
  startedAtMs: 2,
  lookerEndsAtMs: 3_000,
  expiresAtMs: 3_000,
}

const together = async (at = {}) => {
  const { double, kms } = localKms()
  const sealer = sealerAt({ kms })
  const events: BrokerEvent[] = []
  const read = createSessionReader({
    sealer,
    report: (event) => events.push(event),
    policy: null,
    clock: createFakeClock(),
  })
  const binding = { key, kind: sessionKind, generation: 7, ...at }
  const dataKey = await sealer.currentKey(undefined)
  const { expiresAtMs } = record
  const frame = sealer.seal(
    { plaintext: encodeSessionRecord(record), expiresAtMs },
    binding,
    dataKey,
  )
  const item: SessionItem = {
    key,
    generation: 8,
    sealed: { frame, generation: 7 },
    ttlEpochSeconds: 0,
  }
  return { read, item, events, double }
}

test('a record opens in its own row and generation, at no cost in a warm process', async () => {
  const { read, item, double } = await together()
  double.resetCounts()

  const { dataKey: _dataKey, ...opened } = (await read(item)) ?? {}

  expect(opened).toEqual(record)
  expect(double.counts()).toEqual({ GenerateDataKey: 0, Decrypt: 0 })
})

test('so does a tombstone: its session may still have to be ended at Looker', async () => {
  const { read, item } = await together()
  const ended = { atMs: 1, reason: 'signed-out', needsSignIn: false } as const

  expect((await read({ ...item, ended }))?.reference.reveal()).toBe('reference')
})

test.each<[string, object]>([
  ['another user', { key: { ...key, partition: 'embed-session#looker#bob' } }],
  ['another device', { key: { ...key, sort: 'device#2' } }],
  ['another kind', { kind: 'api-token' }],
  ['another generation', { generation: 8 }],
])('a record of %s is as good as absent, and reported', async (_, at) => {
  const { read, item, events } = await together(at)

  expect(await read(item)).toBeUndefined()
  expect(events).toMatchObject([{ name: 'session-unreadable' }])
})

test('without a record there is nothing to open', async () => {
  const { read, item, events } = await together()
  const { sealed: _sealed, ...bare } = item

  expect([await read(undefined), await read(bare), events]).toEqual([undefined, undefined, []])
})

test('KMS being away says nothing of the record', async () => {
  const { item } = await together()
  const away = { open: () => Promise.reject(new KeysError('down')) }
  const sealer = { ...sealerAt(localKms()), ...away }
  const read = createSessionReader({
    sealer,
    report: () => undefined,
    policy: null,
    clock: createFakeClock(),
  })

  await expect(read(item)).rejects.toThrow(KeysError)
})
