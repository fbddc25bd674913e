// The KMS double over HTTP on loopback, in KMS's JSON protocol: the real client finds it by
// AWS_ENDPOINT_URL_KMS. Signatures are not checked. Its controls are under /double.
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { type Context, Hono } from 'hono'
import { once } from 'node:events'
import * as v from 'valibot'
import { loopbackOnly } from '../loopback-only.ts'
import { createKmsDouble, type KmsDouble, type KmsFault } from './double.ts'
import { KmsRefusal, type RefusalName, statusOfRefusal } from './refusal.ts'
import { answer } from './wire.ts'

export type KmsServer = {
  /** `http://127.0.0.1:<port>`, without a slash at its end. */
  readonly url: string
  readonly double: KmsDouble
  /** Also ends connections that hang. */
  readonly close: () => Promise<void>
}

/** Port 0, the default, takes a free one. `now` is told in the header `Date`; default the real time. */
export const startKmsDouble = async ({
  port = 0,
  double = createKmsDouble(),
  now = Date.now,
} = {}): Promise<KmsServer> => {
  const server = createAdaptorServer({ fetch: createKmsApp(double, now).fetch })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    double,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      if ('closeAllConnections' in server) server.closeAllConnections()
      await closed
    },
  }
}

const createKmsApp = (double: KmsDouble, now: () => number) => {
  const app = new Hono<{ Bindings: HttpBindings }>()
  app.use(loopbackOnly())
  app.use(async (c, next) => {
    await next()
    c.res.headers.set('date', new Date(now()).toUTCString())
  })

  app.post('/', async (c) => {
    const outcome = answer(double, c.req.header('x-amz-target'), await c.req.json())
    if ('answer' in outcome) {
      return c.json(outcome.answer, 200, { 'content-type': 'application/x-amz-json-1.1' })
    }
    if (outcome.noAnswer === 'reset') c.env.incoming.socket.resetAndDestroy()
    return RESPONSE_ALREADY_SENT
  })

  app.get('/double/counts', (c) => c.json(double.counts()))
  app.delete('/double/counts', done(double.resetCounts))
  app.post('/double/faults', async (c) => {
    double.addFault(v.parse(faultRequest, await c.req.json()))
    return c.body(null, 204)
  })
  app.delete('/double/faults', done(double.clearFaults))
  app.post('/double/rotate', done(double.rotate))
  app.post('/double/disable', done(double.disable))
  app.post('/double/enable', done(double.enable))
  app.post(
    '/double/rotation/stop',
    done(() => double.setStanding({ rotates: false })),
  )
  app.post(
    '/double/rotation/start',
    done(() => double.setStanding({ rotates: true })),
  )

  app.onError((error, c) => {
    const name = refusalOf(error)
    return c.json({ __type: name, message: error.message }, statusOfRefusal[name])
  })
  return app
}

const done = (act: () => void) => (c: Context) => {
  act()
  return c.body(null, 204)
}

const refusalOf = (error: unknown): RefusalName => {
  if (error instanceof KmsRefusal) return error.refusal
  return v.isValiError(error) || error instanceof SyntaxError
    ? 'ValidationException'
    : 'KMSInternalException'
}

const isFault = (value: unknown): boolean =>
  typeof value === 'string' && ['hang', 'reset', ...Object.keys(statusOfRefusal)].includes(value)

const faultRequest = v.strictObject({
  error: v.custom<KmsFault['error']>(isFault),
  operation: v.optional(v.picklist(['GenerateDataKey', 'Decrypt'])),
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
})
