// Handlers of functions/, made with the broker of this machine in place of a deployed one.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Front } from '../lib/broker.ts'
import type { LambdaHandler, LoadHandler } from './gateway/function-runner.ts'

/** Each file knows which broker it asks for; whoever starts them gives one that has it all. */
type Create = (source: () => Front) => Readonly<Record<string, unknown>>

/** `functions/x.handler` becomes the export `handler` of what `create` in functions/x.ts makes. */
export const loadHandlersWith = (root: string, source: () => Front): LoadHandler => {
  const made = new Map<string, LambdaHandler>()
  return async (handler) => {
    const known = made.get(handler)
    if (known) return known
    const [, file = '', name = ''] = /^(.+)\.(\w+)$/.exec(handler) ?? []
    const module: Record<string, unknown> = await import(
      pathToFileURL(join(root, `${file}.ts`)).href
    )
    const found = isCreate(module['create']) ? module['create'](source)[name] : undefined
    if (!isHandler(found)) throw new Error(`${file}.ts makes no function ${name}`)
    made.set(handler, found)
    return found
  }
}

const isCreate = (value: unknown): value is Create => typeof value === 'function'
const isHandler = (value: unknown): value is LambdaHandler => typeof value === 'function'
