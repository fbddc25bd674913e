// A herd of bentocaches, as many would build it: memory first, then a layer that all share, then a
// login. The shared layer is in this process and as far away as our own table.
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import type { L2CacheDriver } from 'bentocache/types'
import { createLookerClient } from '../../../lib/looker/client.ts'
import { Secret } from '../../../lib/secret.ts'
import { systemClock } from '../../../lib/system.ts'
import { deadlineIn } from '../../../lib/time.ts'
import { createLookerSimulator } from '../../../local/looker/server.ts'
import { createWatch } from './broker-herd.ts'
import type { Herd, Latency } from './herd.ts'
import type { Watch } from './store-calls.ts'

const clientId = 'herd-client'
const clientSecret = new Secret('herd-secret-0001')

export const createBentocacheHerd = async (
  n: number,
  { loginMs, hopMs }: Latency,
): Promise<Herd> => {
  const looker = createLookerSimulator({
    clientId,
    clientSecret: clientSecret.reveal(),
    loginLatencyMs: loginMs,
  })
  const { fetch } = looker
  const client = createLookerClient({ baseUrl: 'https://looker.example.com', fetch, now: Date.now })
  const watch = createWatch(hopMs)
  const driver = createSharedLayer(watch)
  const logIn = async () => {
    const deadline = deadlineIn(systemClock, 12_000)
    return (await client.login({ clientId, clientSecret }, deadline)).token.reveal()
  }
  const caches = Array.from({ length: n }, () => createTwoLayers(driver))
  return {
    callers: caches.map((cache) => async () => {
      const token = await cache.getOrSet({ key: 'token', ttl: '1h', factory: logIn })
      return new Secret(token)
    }),
    logins: () => looker.counts().logins,
    storeCalls: watch.calls,
    close: async () => {
      for (const cache of caches) await cache.disconnectAll()
    },
  }
}

const createTwoLayers = (driver: L2CacheDriver) =>
  new BentoCache({
    default: 'tokens',
    stores: {
      tokens: bentostore()
        .useL1Layer(memoryDriver({ serialize: false }))
        .useL2Layer({ options: {}, factory: () => driver }),
    },
  })

const createSharedLayer = (watch: Watch): L2CacheDriver => {
  const rows = new Map<string, string>()
  const call = async <T>(kind: 'read' | 'write', work: () => T): Promise<T> => {
    watch.calls.push({ kind, atMs: watch.nowMs() })
    await watch.hop()
    return work()
  }
  const driver: L2CacheDriver = {
    type: 'l2',
    namespace: () => driver,
    get: (key) => call('read', () => rows.get(key)),
    pull: (key) => call('read', () => rows.get(key)),
    set: (key, value) => call('write', () => rows.set(key, value).size > 0),
    delete: (key) => call('write', () => rows.delete(key)),
    deleteMany: (keys) => call('write', () => keys.every((key) => rows.delete(key))),
    clear: () => call('write', () => rows.clear()),
    disconnect: async () => undefined,
  }
  return driver
}
