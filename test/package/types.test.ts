// Programs in TypeScript of those who installed the package: what compiles, and what must not.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { install } from './packed.ts'

let folder: string

beforeAll(async () => {
  folder = await install(['@looker', '@types/node'])
}, 180_000)

const program = `
import { Looker40SDK } from '@looker/sdk'
import { TokenError, functionTokens, tableTokens } from 'looker-token-broker'
import type { ApiToken, TokenSource } from 'looker-token-broker'
import { brokerSession, failureOf, init } from 'looker-token-broker/sdk'
import type { BrokerSession } from 'looker-token-broker/sdk'
import { createBrokerSession } from 'looker-token-broker/browser'

const looker = { baseUrl: 'https://looker.example.com', clientId: 'client' }
const table = { stage: 'acme', tableName: 'tokens', keyId: 'alias/tokens', looker }
const sources: TokenSource[] = [functionTokens({ functionName: 'direct' }), tableTokens(table)]

export const bearerOf = async (source: TokenSource): Promise<string> => {
  const token: ApiToken = await source.getToken({ userId: '7', workspace: 'dev' })
  return 'Bearer ' + token.secret.reveal()
}

export const nameOf = async (session: BrokerSession): Promise<string | undefined> => {
  const sdk = new Looker40SDK(session.asUser(7).inWorkspace('dev'))
  try {
    return (await sdk.ok(sdk.me())).display_name ?? undefined
  } catch (error) {
    const code: string | undefined = error instanceof TokenError ? error.code : undefined
    return code ?? failureOf(error)?.kind
  }
}

export const sessions: BrokerSession[] = [
  init({ prefix: 'ACME' }),
  ...sources.map((tokens) => brokerSession({ baseUrl: looker.baseUrl, tokens })),
]
export const page = createBrokerSession({ url: '/broker', getToken: async () => 'sign-in' })
`

const wrong = `
import { functionTokens, tableTokens } from 'looker-token-broker'
import { brokerSession } from 'looker-token-broker/sdk'
import { createBrokerSession } from 'looker-token-broker/browser'
functionTokens({})
tableTokens({ stage: 'acme' })
brokerSession({ baseUrl: 'https://looker.example.com' })
createBrokerSession({ url: 7 })
functionTokens({ functionName: 'direct' }).getToken({ workspace: 'staging' })
`

const load = createRequire(import.meta.url)
const ours = load.resolve('typescript/package.json')
/** As old as some caller's. */
const older = createRequire(load.resolve('@arethetypeswrong/core/package.json')).resolve(
  'typescript/package.json',
)

type Options = Readonly<Record<string, unknown>>

const nodeNext: Options = { module: 'nodenext', moduleResolution: 'nodenext' }
const node16: Options = { module: 'node16', moduleResolution: 'node16' }
const bundler: Options = { module: 'esnext', moduleResolution: 'bundler' }

type Texts = Readonly<Record<string, string>>

/** What the compiler says of the files, a line each. */
const compile = (compiler: string, texts: Texts, options: Options): Promise<readonly string[]> => {
  const own = {
    target: 'es2022',
    lib: ['es2023'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  }
  const files = Object.keys(texts)
  for (const [file, text] of Object.entries(texts)) writeFileSync(join(folder, file), text)
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...own, ...options }, files }),
  )
  const command = join(dirname(compiler), 'bin/tsc')
  return new Promise((resolve) => {
    execFile(process.execPath, [command, '--pretty', 'false'], { cwd: folder }, (_, stdout) =>
      resolve(stdout.split('\n').filter((line) => line !== '')),
    )
  })
}

const bothOf = (name: string, text: string): Texts => ({
  [`${name}.mts`]: text,
  [`${name}.cts`]: text,
})

// Each compiler reads Looker's types once for each way to load: right and wrong programs go together.
describe.each([
  ['ours', ours],
  ['an older one', older],
])('with a compiler that is %s', (_, compiler) => {
  it.each<[string, Texts, Texts, Options]>([
    [
      'for Node, as an ES module and as CommonJS',
      bothOf('program', program),
      bothOf('wrong', wrong),
      nodeNext,
    ],
    [
      'for an older Node, as an ES module and as CommonJS',
      bothOf('program', program),
      bothOf('wrong', wrong),
      node16,
    ],
    ['for a bundler', { 'program.ts': program }, { 'wrong.ts': wrong }, bundler],
  ])('a program compiles and what is wrong in one does not, %s', async (_kind, right, bad, how) => {
    const said = await compile(
      compiler,
      { ...right, ...bad },
      { ...how, exactOptionalPropertyTypes: true },
    )

    const mistakes = said.flatMap((line) => /^(wrong\.\w+\(\d+),/.exec(line)?.[1] ?? [])
    const expected = Object.keys(bad).flatMap((file) =>
      [5, 6, 7, 8, 9].map((line) => `${file}(${line}`),
    )
    expect(mistakes.toSorted()).toEqual(expected.toSorted())
    expect(said.filter((line) => !/^(wrong\.|\s)/.test(line))).toEqual([])
  })
})

it.each(['', '/sdk', '/browser'])('the types of looker-token-broker%s hold', async (entry) => {
  const text = `export * from 'looker-token-broker${entry}'\n`

  const said = await compile(ours, bothOf('entry', text), { ...nodeNext, skipLibCheck: false })

  expect(said).toEqual([])
})
