// The README and the example for Lambda functions followed to the letter: commands and code are taken
// from the text and run, on other ports so that a broker that is already running does not matter.
import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { awsVariables } from '../local/addresses.ts'
import { cleanEnvironment, freePort, portTaken } from './local/processes.ts'
import { hasDynamoDb } from './setup/table.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/```sh\n([^]*?)```/g)].map(([, text = '']) => text.trim())
const [startBlock = '', firstToken = '', counted = '', others = '', testBlock, deployBlock = ''] =
  blocks

let port = 0
const moved = (command: string): string =>
  command.replaceAll(/:40(00|1[012])\b/g, (_, rest: string) => `:${port + Number(rest)}`)

type Options = { cwd?: string; env?: Record<string, string>; timeout?: number }

const run = async (command: string, { cwd = root, env = {}, timeout = 25_000 }: Options = {}) =>
  promisify(execFile)('bash', ['-c', moved(command)], {
    cwd,
    env: { ...cleanEnvironment(), ...env },
    timeout,
  })

const answerOf = async (command: string): Promise<unknown> =>
  JSON.parse((await run(command)).stdout)

type Broker = { readonly said: () => string; readonly end: () => Promise<void> }

const startBroker = async (): Promise<Broker> => {
  port = await freePort()
  const child = spawn('bash', ['-c', startBlock.replace('npm ci && ', '')], {
    cwd: root,
    env: { ...cleanEnvironment(), PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  const listen = (chunk: Buffer): void => {
    said += chunk.toString()
  }
  child.stdout.on('data', listen)
  child.stderr.on('data', listen)
  let isOver = false
  const over = new Promise<void>((resolve) => {
    child.once('close', () => {
      isOver = true
      resolve()
    })
  })
  const signal = (name: NodeJS.Signals): void => {
    if (child.pid === undefined || isOver) return
    try {
      process.kill(-child.pid, name)
    } catch {
      // All of the group ended already; `close` is about to follow.
    }
  }
  const end = async (): Promise<void> => {
    signal('SIGTERM')
    const late = setTimeout(() => signal('SIGKILL'), 5_000)
    await over
    clearTimeout(late)
  }
  const giveUp = Date.now() + 50_000
  while (!said.includes('Ready') && child.exitCode === null && Date.now() < giveUp) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  // Its last words may come after its end.
  if (child.exitCode !== null) await over
  return { said: () => said, end }
}

const copyOfProject = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'))
  const parts = ['cli', 'functions', 'lib', 'local', 'tenants', 'package.json', 'serverless.yml']
  for (const part of [...parts, 'tsconfig.json']) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'secret.txt'), 'a-looker-client-secret\n')
  return folder
}

const folder = copyOfProject()

let broker: Broker | undefined

beforeAll(async () => {
  broker = await startBroker()
  if (portTaken.test(broker.said())) {
    await broker.end()
    broker = await startBroker()
  }
  if (!broker.said().includes('Ready')) throw new Error(`npm start:\n${broker.said()}`)
}, 120_000)

afterAll(async () => {
  await broker?.end()
  rmSync(folder, { recursive: true })
})

describe('the example for Lambda functions', () => {
  const page = readFileSync(join(root, 'docs/api-token.md'), 'utf8')
  const [, code = ''] = /```js\n([^]*?)```/.exec(page) ?? []
  const settings = () =>
    Object.fromEntries(
      [...page.matchAll(/`([A-Z_]+)=([^`]+)`/g)].map(([, name = '', value = '']) => [
        name,
        moved(value),
      ]),
    )
  const show = async (userId: string, changes = {}) => {
    writeFileSync(join(folder, 'example.mjs'), code)
    const script = `import('./example.mjs').then((m) => m.tokenOf('${userId}')).then(console.log)`
    return run(`node -e "${script}"`, { cwd: folder, env: { ...settings(), ...changes } })
  }

  it('gets a token of a user', async () => {
    expect((await show('7')).stdout.trim()).toMatch(/^[\w-]{40}$/)
  })

  it('tells why it gets none', async () => {
    await expect(show('99')).rejects.toThrow(/Looker refuses this user.*looker-refused-user/)
  })

  it('never takes for a token what is none', async () => {
    const BROKER_FUNCTION = 'looker-token-broker-local-issueApiToken'

    await expect(show('7', { BROKER_FUNCTION })).rejects.toThrow(/gave no token/)
  })
})

describe('the README', () => {
  it('has two commands, one to start and one to test', () => {
    expect(startBlock).toBe('npm ci && npm start')
    expect(testBlock).toBe('npm test')
    expect(blocks).toHaveLength(6)
  })

  it('gets a token by its first request, and the same by the next', async () => {
    const first = await answerOf(firstToken)
    const second = await answerOf(firstToken)

    expect(first).toMatchObject({ token_type: 'Bearer', user_id: null, workspace: 'production' })
    expect(second).toMatchObject({ access_token: Object(first).access_token })
  })

  it('shows that Looker saw one login', async () => {
    await answerOf(firstToken)

    expect(await answerOf(counted)).toMatchObject({ counts: { logins: 1 } })
  })

  it('gets a token of a user, and refuses it to who may not have it', async () => {
    const [allowed = '', refused = ''] = others.split('\n')

    expect(await answerOf(allowed)).toMatchObject({ user_id: '7', workspace: 'dev' })
    expect(await answerOf(refused)).toMatchObject({ status: 403 })
  })

  it.skipIf(!hasDynamoDb())(
    'leads to a checked, packaged stage with a secret',
    async () => {
      const [copy = '', check = '', deploy = '', secret = ''] = deployBlock.split('\n')
      // Deploying needs an account; all of it that can be done here is packaging.
      const packaging = deploy.replace('serverless deploy', 'serverless package')
      const doubles = {
        ...awsVariables({ PORT: String(port) }),
        TABLE_NAME: 'looker-token-broker-local',
      }

      const there = { cwd: folder, timeout: 55_000 }

      await run(copy, there)
      const checked = await run(check, there)
      await run(packaging, there)
      const stored = await run(secret, { ...there, env: doubles })

      expect(checked.stdout).toContain('tenants/yours.yml is good')
      expect(deploy).toBe('npx serverless deploy --stage yours')
      expect(stored.stdout).toContain('Stored')
    },
    240_000,
  )
})

describe('the page about playing with it', () => {
  const page = readFileSync(join(root, 'docs/local.md'), 'utf8')
  const commands = [...page.matchAll(/^ {4}(curl .*)$/gm)].map(([, command = '']) => command)

  it('has commands', () => {
    expect(commands).toHaveLength(11)
  })

  // One after the other: what one of them sets another clears.
  it.each(commands)('%s is obeyed', async (command) => {
    const { stdout } = await run(`${command} -w '\\n%{http_code}'`)

    expect(stdout.trim().split('\n').at(-1)).toMatch(/^20[04]$/)
  })
})
