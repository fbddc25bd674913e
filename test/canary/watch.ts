// Everything that the broker writes anywhere, collected: console, streams, events, errors, URLs, answers.
import { inspect } from 'node:util'
import { vi } from 'vitest'
import type { Services } from '../../lib/broker.ts'
import type { Written } from './search.ts'

export type Watch = {
  readonly written: Written[]
  readonly note: (source: string, value: unknown) => void
  /** Services of the same effect, of which every failure, event and address is noted. */
  readonly services: (services: Services) => Services
}

/** In every way in which somebody could print it. */
const printed = (value: unknown): string =>
  [
    inspect(value, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null }),
    JSON.stringify(value),
    String(value),
    value instanceof Error ? `${value.stack} ${printed(value.cause)}` : '',
  ].join('\n')

export const createWatch = (): Watch => {
  const written: Written[] = []
  const note = (source: string, value: unknown): void =>
    void written.push({ source, text: typeof value === 'string' ? value : printed(value) })

  const failuresOf = <Part extends object>(source: string, part: Part): Part =>
    new Proxy(part, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name)
        if (typeof method !== 'function') return method
        return (...args: unknown[]) => {
          const result: unknown = Reflect.apply(method, target, args)
          if (result instanceof Promise) result.catch((error: unknown) => note(source, error))
          return result
        }
      },
    })

  return {
    written,
    note,
    services: (services) => ({
      ...services,
      store: failuresOf('error of the store', services.store),
      secrets: failuresOf('error of the store', services.secrets),
      kms: failuresOf('error of the keys', services.kms),
      report: (event) => {
        note('event', event)
        services.report(event)
      },
      fetch: (input, init) => {
        note('URL', input instanceof Request ? input.url : String(input))
        return services.fetch(input, init)
      },
    }),
  }
}

/** From now on, until the mocks are restored. */
export const watchConsole = ({ note }: Watch): void => {
  for (const method of ['debug', 'log', 'info', 'warn', 'error', 'trace', 'dir'] as const) {
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => note('console', args))
  }
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      note('console', Buffer.from(chunk).toString('utf8'))
      return true
    })
  }
}
