// What a function starts with, bundled as one would for Lambda: our session or Looker's own, alone and with
// all of Looker's API, with the client that invokes the broker in the bundle or left to the runtime.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('../../..', import.meta.url))

export type Program = {
  readonly name: string
  readonly imports: string
  /** Makes what the program starts with. */
  readonly start: string
  /** Goes on to its first token, and says so when it was asked for. */
  readonly firstToken?: boolean
  /** Left out of the bundle. Lambda's Node has the AWS SDK. */
  readonly external?: readonly string[]
}

const ourSession = `
  brokerSession({
    baseUrl: 'https://looker.example.com',
    tokens: functionTokens({ functionName: 'issueApiTokenDirect', region: 'eu-central-1' }),
  })`
const itsSession = `
  new NodeSession(settings, new NodeTransport(settings))`
const itsSettings = `
  const settings = { ...DefaultSettings(), base_url: 'https://looker.example.com' }`

const ours = "import { brokerSession, functionTokens } from './lib/sdk/index.ts'"
const its = `
  import { NodeSession, NodeTransport } from '@looker/sdk-node'
  import { DefaultSettings } from '@looker/sdk-rtl'`
const allOfLooker = "import { Looker40SDK } from '@looker/sdk'"
const aws = ['@aws-sdk/*']

export const programs: readonly Program[] = [
  { name: 'nothing', imports: '', start: 'globalThis' },
  { name: 'session, AWS client left out', imports: ours, start: ourSession, external: aws },
  { name: 'session', imports: ours, start: ourSession },
  { name: 'session, after its first token', imports: ours, start: ourSession, firstToken: true },
  { name: 'sdk-node', imports: `${its}${itsSettings}`, start: itsSession },
  {
    name: 'session with Looker40SDK, AWS client left out',
    imports: `${ours}\n${allOfLooker}`,
    start: `new Looker40SDK(${ourSession}).authSession`,
    external: aws,
  },
  {
    name: 'session with Looker40SDK',
    imports: `${ours}\n${allOfLooker}`,
    start: `new Looker40SDK(${ourSession}).authSession`,
  },
  {
    name: 'sdk-node with Looker40SDK',
    imports: `${its}\n${allOfLooker}${itsSettings}`,
    start: `new Looker40SDK(${itsSession}).authSession`,
  },
]

// `performance.now()` counts from the start of the process.
const textOf = ({ imports, start, firstToken }: Program): string => `
${imports}
const session = ${start}
const tell = () => process.stdout.write(String(performance.now()), () => process.exit())
${firstToken === true ? 'session.getToken().then(tell)' : 'tell(session)'}
`

export type Bundle = Program & {
  readonly path: string
  readonly bytes: number
  readonly gzipBytes: number
}

export const bundleInto = async (folder: string, program: Program): Promise<Bundle> => {
  const { outputFiles } = await build({
    stdin: { contents: textOf(program), resolveDir: root },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    // Its ES modules export a type that is not there, and esbuild refuses them.
    alias: { '@looker/sdk': '@looker/sdk/lib/index.js' },
    external: [...(program.external ?? [])],
    legalComments: 'none',
    logLevel: 'error',
    write: false,
  })
  const code = outputFiles[0]?.contents
  if (code === undefined) throw new Error('nothing was bundled')
  const path = join(folder, `${program.name.replaceAll(/\W+/g, '-')}.cjs`)
  await writeFile(path, code)
  return { ...program, path, bytes: code.length, gzipBytes: gzipSync(code).length }
}
