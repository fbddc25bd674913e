// Who starts cold: every function of ours as it is deployed, and what one would bundle in its place.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import type { BuildOptions } from 'esbuild'
import { functionBundle } from '../../../cli/bundle-options.ts'
import { bundleFunctions } from '../../deploy/function-bundles.ts'
import { origin } from './world.ts'
import type { World } from './world.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export type Program = {
  readonly name: string
  readonly path: string
  readonly bytes: number
  readonly gzipBytes: number
  /** The exported function, and what it is called with. */
  readonly entry: string
  readonly event: object
  /** The last of the times that it comes to: loaded, read, or a whole answer. */
  readonly end: 'load' | 'read' | 'answer'
}

type Call = Pick<Program, 'entry' | 'event' | 'end'>

const page = {
  claims: { sub: 'ada' },
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0',
  embed_domain: origin,
}
const direct = (event: object): Call => ({ entry: 'direct', event, end: 'read' })
const scheduled: Call = { entry: 'handler', event: {}, end: 'read' }

/** What each function is asked for. Its first call is one to the table. */
const calls: Readonly<Record<string, Call>> = {
  'acquire-embed-session': direct(page),
  'embed-session': direct({ ...page, action: 'state' }),
  'end-due-sessions': scheduled,
  'examine-looker': direct({}),
  'generate-embed-tokens': direct({ ...page, api_token: 'api', navigation_token: 'navigation' }),
  health: { entry: 'handler', event: {}, end: 'load' },
  'issue-api-token': { ...direct({}), end: 'answer' },
  'renew-api-tokens': scheduled,
  'revoke-everything': direct({ what: 'tokens' }),
  sessions: direct({ action: 'list' }),
}

const callOf = (name: string): Call => {
  const call = calls[name]
  if (call) return call
  throw new Error(
    `bench:cold does not know what to ask of functions/${name}.ts: add it to \`calls\``,
  )
}

const handler = `
let table, keys
export const handler = async ({ key, wrapped }) => {
  table ??= new DynamoDBClient({})
  keys ??= new KMSClient({})
  const { TABLE_NAME, KEY_ID } = process.env
  const { Item } = await table.send(new GetItemCommand({ TableName: TABLE_NAME, Key: key }))
  const { Plaintext } = await keys.send(new DecryptCommand({
    KeyId: KEY_ID,
    CiphertextBlob: Buffer.from(wrapped.blob, 'base64'),
    EncryptionContext: wrapped.context,
  }))
  return { sealed: Item.sealed.B.length, key: Plaintext.length }
}`

const plain = `
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms'
${handler}`

const obvious = `
import { Looker40SDK } from '@looker/sdk'
import { NodeSession, NodeTransport } from '@looker/sdk-node'
import { DefaultSettings } from '@looker/sdk-rtl'
${plain}
const settings = { ...DefaultSettings(), base_url: 'https://looker.example.com' }
export const looker = new Looker40SDK(new NodeSession(settings, new NodeTransport(settings)))`

export const floor = 'nothing'
export const plainClients = 'DynamoDB + KMS'
export const obviousStack = 'DynamoDB + KMS + Looker SDK'
/** The control: one of ours with nothing left out of the AWS SDK. */
export const uncut = 'issue-api-token, nothing cut'

/** Ours first. */
export const bundlePrograms = async (world: World): Promise<readonly Program[]> => {
  const keep = async (name: string, code: Uint8Array, call: Call): Promise<Program> => {
    const path = join(world.folder, `${name.replaceAll(/\W+/g, '-')}.cjs`)
    await writeFile(path, code)
    return { name, path, bytes: code.length, gzipBytes: gzipSync(code).length, ...call }
  }
  const readAndDecrypt: Call = {
    entry: 'handler',
    event: { key: world.key, wrapped: world.wrapped },
    end: 'answer',
  }
  const programs: Program[] = []
  for (const { name, code } of await bundleFunctions({ tenant: world.tenant })) {
    programs.push(await keep(name, code, callOf(name)))
  }
  const names = ['issue-api-token']
  for (const { code } of await bundleFunctions({ names, tenant: world.tenant, cut: false })) {
    programs.push(await keep(uncut, code, callOf('issue-api-token')))
  }
  programs.push(
    await keep(plainClients, await bundleText(plain), readAndDecrypt),
    await keep(obviousStack, await bundleText(obvious), readAndDecrypt),
    await keep(floor, await bundleText('export const handler = async () => ({})'), {
      entry: 'handler',
      event: {},
      end: 'load',
    }),
  )
  return programs
}

const bundleText = async (contents: string): Promise<Uint8Array> => {
  const options: BuildOptions = {
    ...functionBundle,
    stdin: { contents, resolveDir: root },
    absWorkingDir: root,
    // Its ES modules export a type that is not there, and esbuild refuses them.
    alias: { '@looker/sdk': '@looker/sdk/lib/index.js' },
    logLevel: 'error',
    write: false,
  }
  const code = (await build(options)).outputFiles?.[0]?.contents
  if (code === undefined) throw new Error('nothing was bundled')
  return code
}
