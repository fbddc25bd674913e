// docs/sdk.md, carried out: its functions in a project that installed the package, against the broker's direct
// function behind the Lambda service of one machine, and the simulated Looker.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { create } from '../../functions/issue-api-token.ts'
import { parseTenant } from '../../lib/config.ts'
import { cleanEnvironment, freePort } from '../local/processes.ts'
import { functionOf, localKey, startGateway } from '../local/gateway/service.ts'
import { install, root } from '../package/packed.ts'
import { clientId, createFleet } from '../scenarios/fleet.ts'
import { codeBlocks } from './code-blocks.ts'

const page = readFileSync(join(root, 'docs/sdk.md'), 'utf8')
const blocks = codeBlocks(page)

const packages = ['@looker/sdk', '@looker/sdk-rtl', '@looker/sdk-node', '@aws-sdk/client-lambda']
const directFunction = 'svc-local-issueApiTokenDirect'

const startWorld = async () => {
  const rights = { service_account: true, users: 'any', workspaces: ['production', 'dev'] }
  const lookerPort = await freePort()
  // The same address for the broker and its caller: a token is sent to no other Looker.
  const looker = { base_url: `http://127.0.0.1:${lookerPort}`, client_id: clientId }
  const tenant = parseTenant({ looker, api_tokens: { direct: rights } }, { allowLoopback: true })
  const fleet = await createFleet({ tenant })
  const broker = fleet.coldStart()
  const { direct } = create(() => broker)
  const gateway = await startGateway(
    { issueApiTokenDirect: (event, context) => direct(event, context) },
    { routes: [], clock: fleet.clock, functions: [functionOf('issueApiTokenDirect', 20)] },
  )
  const listening = await fleet.looker.listen(lookerPort)
  const folder = await install(packages)
  for (const [name, code] of blocks) writeFileSync(join(folder, name), code)
  const env = {
    AWS_ENDPOINT_URL_LAMBDA: gateway.address,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: localKey.accessKeyId,
    AWS_SECRET_ACCESS_KEY: localKey.secretAccessKey,
    LOOKERSDK_BASE_URL: listening.url,
    LOOKER_BROKER_FUNCTION: directFunction,
  }
  /** What the expression resolves to, in a process of its own. */
  const run = async (file: string, expression: string, changes: object = {}): Promise<unknown> => {
    const script = `import('./${file}').then(async (m) => console.log(JSON.stringify(await (${expression}))))`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], {
      cwd: folder,
      env: { ...cleanEnvironment(), ...env, ...changes },
      timeout: 50_000,
    })
    // The published session writes lines of its own before.
    return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
  }
  const close = () => Promise.all([gateway.close(), listening.close()])
  return { run, close, looker: fleet.looker }
}

let world: Awaited<ReturnType<typeof startWorld>>

beforeAll(async () => {
  world = await startWorld()
}, 180_000)

afterAll(() => world.close())

const explained = (call: string): Promise<unknown> =>
  world.run(
    'failure.mjs',
    `import('./after.mjs').then(({ sdk }) => ${call}.catch((error) => m.explain(error)))`,
  )

const called = (file: string, changes: object = {}): Promise<unknown> =>
  world.run(file, 'm.sdk.ok(m.sdk.me()).then((me) => me.display_name)', changes)

describe('the example', () => {
  it('runs a query as the service account', async () => {
    const answer = await world.run('report.mjs', 'm.handler({})')

    expect(answer).toMatchObject({ whose: 'Service Account' })
    expect(answer).toHaveProperty('rows.length', 3)
  })

  it('runs it as a user, in dev too', async () => {
    const answer = await world.run('report.mjs', "m.handler({ user_id: '7', dev: true })")

    expect(answer).toMatchObject({ whose: 'User 7' })
    const { workspaceSwitches } = world.looker.counts()
    expect(workspaceSwitches).toBe(1)
  })

  it('is set up by the variables that the page names', () => {
    const named = [...page.matchAll(/\b((?:AWS|LOOKERSDK|LOOKER_BROKER)_[A-Z_]+)=/g)]

    const names = named.map(([, name]) => name)

    expect(new Set(names)).toEqual(
      new Set([
        'AWS_ENDPOINT_URL_LAMBDA',
        'AWS_REGION',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'LOOKERSDK_BASE_URL',
        'LOOKER_BROKER_FUNCTION',
      ]),
    )
  })
})

describe('the usual settings', () => {
  it('make sessions of the service account and of a user in dev', async () => {
    const names = await world.run(
      'settings.mjs',
      'Promise.all([m.sdk, m.dev].map(async (sdk) => (await sdk.ok(sdk.me())).display_name))',
    )

    expect(names).toEqual(['Service Account', 'User 7'])
  })

  it('name what is missing', async () => {
    const asked = world.run('settings.mjs', 'm', { LOOKER_BROKER_FUNCTION: '' })

    await expect(asked).rejects.toThrow(/LOOKER_BROKER_FUNCTION.*LOOKER_BROKER_TABLE/s)
  })
})

describe('what is behind an error', () => {
  it('is a status and a wait', async () => {
    world.looker.queueFaults(
      'me',
      { kind: 'status', status: 429, headers: { 'retry-after': '7' } },
      { kind: 'status', status: 503 },
    )

    const words = [await explained('sdk.ok(sdk.me())'), await explained('sdk.ok(sdk.me())')]

    expect(words).toEqual(['Looker asks to wait for 7000 ms', 'status 503'])
  })

  it('is Looker that refuses a user', async () => {
    const call = '(async () => new sdk.constructor(sdk.authSession.asUser("999999")))()'

    const word = await explained(`${call}.then((other) => other.ok(other.me()))`)

    expect(word).toBe('No token: looker-refused-user')
  })
})

describe('the way from NodeSession', () => {
  it('ends where it began: the same call has the same answer', async () => {
    const { clientSecret } = world.looker.state
    const before = { LOOKERSDK_CLIENT_ID: clientId, LOOKERSDK_CLIENT_SECRET: clientSecret }

    const [then, now] = [await called('before.mjs', before), await called('after.mjs')]

    expect(then).toBe('Service Account')
    expect(now).toBe(then)
  })

  /** By the first cell of its row: the file and the words of the test that shows it. */
  const shownBy: Readonly<Record<string, readonly [file: string, title: string]>> = {
    '`LookerNodeSDK.init40()`': ['test/docs/sdk.test.ts', 'the same call has the same answer'],
    '`new NodeSession(settings)`': ['test/docs/sdk.test.ts', 'runs a query as the service account'],
    "`sdk.authSession.login('7')` on a cold session answers the service account's token": [
      'test/sdk/published/users.test.ts',
      'ours: is user 7',
    ],
    'an expired user token is sent for ever': [
      'test/sdk/published/users.test.ts',
      'ours: gets another one of user 7',
    ],
    'both tokens expired: calls go on as the service account': [
      'test/sdk/published/users.test.ts',
      'ours: goes on as user 7',
    ],
    'five calls at once on a cold session log in five times': [
      'test/sdk/published/logins.test.ts',
      'ours: %i calls at once on a cold session make one login',
    ],
    'a 401 comes through, and the next call sends the same token': [
      'test/sdk/published/answers.test.ts',
      'ours: is replaced, and the call is made again',
    ],
    '`sdk.authSession.logout()` ends the token at Looker': [
      'test/sdk/session-logout.test.ts',
      'sends nothing to Looker: others use the token',
    ],
    '`timeout` and `signal` have no effect': [
      'test/sdk/published/deadlines.test.ts',
      'ours: ends with it, at Looker too',
    ],
    'an error has no status': ['test/sdk/published/answers.test.ts', 'ours: keeps the status %i'],
    '`Retry-After` is not read': ['test/sdk/published/answers.test.ts', 'ours: is waited for'],
    'options of a stream have no effect': ['test/sdk/published/streams.test.ts', 'ours: are used'],
    'an error body is handed to the callback of a stream as if it were the result': [
      'test/sdk/stream.test.ts',
      'hands no error to the callback',
    ],
    'a line in the log per request': [
      'test/sdk/published/answers.test.ts',
      'ours: there is nothing',
    ],
    '`verify_ssl: false` switches certificates off for the whole process': [
      'test/sdk/init-refusals.test.ts',
      'verify_ssl=false',
    ],
    'redirects are followed with the token': [
      'test/sdk/transport-errors.test.ts',
      'does not follow a redirect',
    ],
  }

  const [, table = ''] = /^\| With `NodeSession`.*\n\|[- |]+\n((?:\|.*\n)+)/m.exec(page) ?? []
  const lines = [...table.matchAll(/^\| (.+?) +\|/gm)].map(([, cell]) => cell)

  it('has a test for each line of the page', () => {
    expect(lines).toEqual(Object.keys(shownBy))
  })

  it.each(Object.entries(shownBy))('%s', (_line, [file, title]) => {
    const tests = readFileSync(join(root, file), 'utf8')

    expect(tests).toContain(title)
  })
})
