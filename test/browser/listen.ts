// Serves an app on loopback, by plain http: the TLS front is what browsers meet.
import { once } from 'node:events'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'

export const listen = async (app: Hono): Promise<{ url: string; close: () => Promise<void> }> => {
  const server = createAdaptorServer({ fetch: app.fetch })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
