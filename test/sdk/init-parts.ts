// What the tests of `init` share: settings that are complete, and sources that remember how they were made.
import { createInit } from '../../lib/sdk/init.ts'
import type { FunctionTokensOptions } from '../../lib/sources/function-tokens.ts'
import type { TableTokensOptions } from '../../lib/sources/table-tokens.ts'
import { scriptedSource, together } from './session-parts.ts'

export const aFunction = { LOOKER_BROKER_FUNCTION: 'broker-function' }
export const aTable = {
  LOOKER_BROKER_TABLE: 'broker-table',
  LOOKER_BROKER_KEY: 'alias/broker',
  LOOKER_BROKER_STAGE: 'acme',
}
export const aLooker = { LOOKERSDK_BASE_URL: 'https://env.looker.example' }
export const aClient = { LOOKERSDK_CLIENT_ID: 'env-id', LOOKERSDK_CLIENT_SECRET: 'env-hidden-word' }

export const iniText = `
[Looker]
# a comment
api_version=4.0
base_url=https://first.looker.example:19999
client_id="first-id"
client_secret='first-hidden-word'
timeout=31
verify_ssl=True
[Second]
base_url=https://second.looker.example/
timeout=30
[Empty]
base_url=
client_id=
`

export type Given = {
  readonly env?: Record<string, string>
  readonly files?: Readonly<Record<string, string>>
}

const invokeOf = () => () => Promise.reject(new Error('not used here'))

/** `env` may be changed between calls, as a test wants. */
export const prepared = ({ env = { ...aLooker, ...aFunction }, files = {} }: Given = {}) => {
  const functions: FunctionTokensOptions[] = []
  const tables: TableTokensOptions[] = []
  const source = scriptedSource()
  const { surroundings } = together()
  const readFile = (path: string): string | undefined => {
    if (files[path] === 'forbidden') throw Object.assign(new Error(path), { code: 'EACCES' })
    return files[path]
  }
  const init = createInit(
    { ...surroundings, env, readFile, invokeOf },
    {
      functionTokens: (options) => {
        functions.push(options)
        return { ...source.tokens }
      },
      tableTokens: (options) => {
        tables.push(options)
        return { ...source.tokens }
      },
    },
  )
  return { init, env, functions, tables, asked: source.asked }
}
