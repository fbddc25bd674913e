// The usual settings of Looker's SDK, from its variables and the text of its file. Pure; which source of tokens
// they make is in init-source.ts.
import { ApiConfigMap, isFalse, isTrue, unquote } from '@looker/sdk-rtl'
import { parse } from 'ini'
import { baseUrlRule, isBaseUrl, isTimeout, parseBaseUrl, timeoutRule } from './settings.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** Where to look. `text` is the file's, undefined where there is none. */
export type Places = {
  readonly env: Env
  readonly prefix: string
  readonly text: string | undefined
  readonly section: string | undefined
  readonly needsClientId: boolean
}

export type LookerSettings = {
  readonly baseUrl: string
  readonly timeout: number | undefined
  readonly clientId: string | undefined
  readonly clientSecret: string | undefined
}

/** All of them, or every mistake. No mistake repeats a value. */
export type Read<Settings> =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'mistakes'; readonly mistakes: readonly string[] }

export const readLooker = (places: Places): Read<LookerSettings> => {
  const { settings: section, mistakes: lost } = sectionOf(places)
  const find = finderOf(places, section)
  const [baseUrl, timeout] = [find('base_url'), find('timeout')]
  const [clientId, clientSecret] = [find('client_id'), find('client_secret')]
  const mistakes = [
    ...lost,
    ...baseUrlMistakes(baseUrl),
    ...timeoutMistakes(timeout),
    ...verifyMistakes(find('verify_ssl')),
    ...clientMistakes(clientId, places.needsClientId),
    ...clientMistakes(clientSecret, false),
  ]
  if (mistakes.length > 0) return { kind: 'mistakes', mistakes }
  const settings = {
    baseUrl: parseBaseUrl(textOf(baseUrl) ?? ''),
    timeout: timeout.value === undefined ? undefined : Number(timeout.value),
    clientId: textOf(clientId),
    clientSecret: textOf(clientSecret),
  }
  return { kind: 'settings', settings }
}

/** A variable that is empty is not set: tools that deploy write it so. */
export const variableIn = (env: Env, name: string): string | undefined => {
  const value = unquote(env[name] ?? '')
  return value === '' ? undefined : value
}

type Key = 'base_url' | 'client_id' | 'client_secret' | 'timeout' | 'verify_ssl'

/** `name` is what a mistake calls it. From a file, the value may be a list. */
type Setting = { readonly name: string; readonly value: unknown }

type Section = Readonly<Record<string, unknown>>

/** The environment goes before the file. */
const finderOf =
  ({ env, prefix }: Places, section: Section) =>
  (key: Key): Setting => {
    const name = ApiConfigMap(prefix)[key] ?? key
    const value = variableIn(env, name)
    const written = writtenIn(section[key])
    if (value !== undefined || written === undefined) return { name, value }
    return { name: `${key} in the file`, value: written }
  }

/** To the parser of the file `true` without quotes is a boolean. */
const writtenIn = (value: unknown): unknown => {
  if (typeof value !== 'string' && typeof value !== 'boolean') return value
  const text = unquote(String(value))
  return text === '' ? undefined : text
}

const textOf = ({ value }: Setting): string | undefined =>
  typeof value === 'string' ? value : undefined

const baseUrlMistakes = ({ name, value }: Setting): string[] => {
  if (value === undefined) return [`${name}: is not set, nor is base_url in the file`]
  return isBaseUrl(value) ? [] : [`${name}: ${baseUrlRule}`]
}

// Not as Looker's SDK reads it, to which `1h` is one second.
const timeoutMistakes = ({ name, value }: Setting): string[] => {
  if (value === undefined) return []
  const digits = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)
  return digits && isTimeout(Number(value)) ? [] : [`${name}: ${timeoutRule}`]
}

const verifyMistakes = ({ name, value }: Setting): string[] => {
  if (value === undefined || (typeof value === 'string' && isTrue(value))) return []
  return [
    typeof value === 'string' && isFalse(value)
      ? `${name}: cannot be switched off; NODE_EXTRA_CA_CERTS names your own CA`
      : `${name}: write true, or leave it out`,
  ]
}

const clientMistakes = ({ name, value }: Setting, isNeeded: boolean): string[] => {
  if (value === undefined) return isNeeded ? [`${name}: is not set, and the table needs it`] : []
  return typeof value === 'string' ? [] : [`${name}: write it once`]
}

/** The named section, or the first. A file without any is one for other things. */
const sectionOf = ({ text, section }: Places) => {
  const file: Section = text === undefined ? {} : parse(text)
  const found = Object.entries(file).flatMap(([name, content]) =>
    isSection(content) && (section === undefined || section === name) ? [content] : [],
  )
  const isLost = section !== undefined && found.length === 0
  return { settings: found[0] ?? {}, mistakes: isLost ? ['section: is not in the file'] : [] }
}

const isSection = (content: unknown): content is Section =>
  typeof content === 'object' && content !== null && !Array.isArray(content)
