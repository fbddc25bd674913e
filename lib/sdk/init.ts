// A session from the usual settings: the `LOOKERSDK_*` variables and `looker.ini`, as Looker's SDK reads
// them, and the broker's own variables. What they mean is in init-settings.ts and init-source.ts.
import type { Workspace } from '../config.ts'
import { codeOf } from '../errors.ts'
import { createFunctionTokens } from '../sources/function-tokens.ts'
import { systemSurroundings } from '../sources/surroundings.ts'
import type { Surroundings } from '../sources/surroundings.ts'
import { createTableTokens } from '../sources/table-tokens.ts'
import type { TokenSource } from '../sources/token-source.ts'
import { readLooker } from './init-settings.ts'
import type { LookerSettings, Read } from './init-settings.ts'
import { asksForTable, readSource, sourceKeyOf } from './init-source.ts'
import type { SourceSettings } from './init-source.ts'
import { createSession } from './session.ts'
import { nameMistakes, refused, whoseMistakes } from './settings.ts'
import type { BrokerSession } from './types.ts'

export type InitOptions = {
  /** Looker user, 1 to 20 digits. Left out: the service account. */
  readonly userId?: string | undefined
  /** Default `production`. */
  readonly workspace?: Workspace | undefined
  /** Default `LOOKERSDK`. */
  readonly prefix?: string | undefined
  /** Default `looker.ini` in the working directory, if it is there; one that is named must be there. */
  readonly file?: string | undefined
  /** Section of the file. Default: its first. */
  readonly section?: string | undefined
}

/**
 * `LOOKERSDK_BASE_URL` or `base_url` in the file, and optionally the timeout, as Looker's SDK reads them; and
 * whence tokens come: `LOOKER_BROKER_FUNCTION`, the name or ARN of the broker's direct function, or
 * `LOOKER_BROKER_TABLE`, `LOOKER_BROKER_KEY` and `LOOKER_BROKER_STAGE`, the table itself. With the function,
 * `LOOKERSDK_CLIENT_ID` and `LOOKERSDK_CLIENT_SECRET` are not needed and passed over. With the table the id is
 * needed, and the secret is used where none is stored in the table. `LOOKER_BROKER_REGION` is the AWS region,
 * where it is not the process's own. Variables go before the file; one that is empty is not set.
 *
 * Sessions made with the same settings share tokens, so it may be called for every request.
 * Errors: `TokenError` `invalid-options`, naming every mistake.
 */
export const init = (options: InitOptions = {}): BrokerSession => {
  systemInit ??= createInit(systemSurroundings())
  return systemInit(options)
}

// Not made before it is needed: a bundle without `init` then has nothing of it.
let systemInit: ((options: InitOptions) => BrokerSession) | undefined

/** Enough for every Looker of one process; without a limit, settings that change would pile up. */
const mostSources = 100

const ownMakers = { functionTokens: createFunctionTokens, tableTokens: createTableTokens }

/** @internal */
export const createInit = (surroundings: Surroundings, makers = ownMakers) => {
  const sources = new Map<string, TokenSource>()

  const make = (settings: SourceSettings, looker: LookerSettings): TokenSource => {
    const { region } = settings
    if (settings.kind === 'function') {
      const { functionName } = settings
      return makers.functionTokens({ functionName, region }, surroundings)
    }
    const { stage, tableName, keyId } = settings
    const { baseUrl, clientId = '', clientSecret } = looker
    const own = { baseUrl, clientId, clientSecret }
    return makers.tableTokens({ stage, tableName, keyId, region, looker: own }, surroundings)
  }

  const sourceOf = (settings: SourceSettings, looker: LookerSettings): TokenSource => {
    const key = sourceKeyOf(settings, looker)
    const source = sources.get(key) ?? make(settings, looker)
    // Last again: the one that was not used for longest goes first.
    sources.delete(key)
    sources.set(key, source)
    const [oldest] = sources.keys()
    if (sources.size > mostSources && oldest !== undefined) sources.delete(oldest)
    return source
  }

  return (options: InitOptions = {}): BrokerSession => {
    const { userId, workspace } = options
    const { looker, source } = readSettings(options, surroundings)
    const { baseUrl, timeout } = looker
    const tokens = sourceOf(source, looker)
    return createSession({ baseUrl, timeout, tokens, userId, workspace }, surroundings)
  }
}

type Settings = { readonly looker: LookerSettings; readonly source: SourceSettings }

const readSettings = (options: InitOptions, { env, readFile }: Surroundings): Settings => {
  const { prefix = 'LOOKERSDK', section } = options
  const file = readText(options.file, readFile)
  const text = file.kind === 'settings' ? file.settings : undefined
  const looker = readLooker({ env, prefix, text, section, needsClientId: asksForTable(env) })
  const source = readSource(env)
  const mistakes = [
    ...whoseMistakes(options),
    ...nameMistakes(options, ['userId', 'workspace', 'prefix', 'file', 'section']),
    ...(/^[A-Za-z_]\w*$/.test(prefix) ? [] : ['prefix: write the beginning of a variable name']),
    ...mistakesOf(file),
    ...mistakesOf(looker),
    ...mistakesOf(source),
  ]
  if (looker.kind === 'mistakes' || source.kind === 'mistakes' || mistakes.length > 0) {
    throw refused(mistakes)
  }
  return { looker: looker.settings, source: source.settings }
}

const readText = (
  named: string | undefined,
  readFile: Surroundings['readFile'],
): Read<string | undefined> => {
  try {
    const settings = readFile(named ?? 'looker.ini')
    if (settings !== undefined || named === undefined) return { kind: 'settings', settings }
    return { kind: 'mistakes', mistakes: ['file: is not there'] }
  } catch (error) {
    return { kind: 'mistakes', mistakes: [`file: cannot be read (${codeOf(error)})`] }
  }
}

const mistakesOf = (read: Read<unknown>): readonly string[] =>
  read.kind === 'mistakes' ? read.mistakes : []
