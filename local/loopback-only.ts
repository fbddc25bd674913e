// A guard of everything that listens on this machine: a web page can give its own name the address
// 127.0.0.1 and would then be of the same origin. Its requests still carry its name.
import type { HttpBindings } from '@hono/node-server'
import type { MiddlewareHandler } from 'hono'

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i

/**
 * Answers 403 to a `Host` that is neither loopback nor among the given names. Calls inside the process
 * have no connection and pass.
 */
export const loopbackOnly =
  (names: readonly string[] = []): MiddlewareHandler<{ Bindings: Partial<HttpBindings> }> =>
  async (context, next) => {
    const request = context.env?.incoming
    const host = request?.headers.host ?? ''
    if (request && !loopbackHost.test(host) && !names.includes(host)) {
      return context.json({ message: 'Forbidden' }, 403)
    }
    await next()
    return undefined
  }
