// The command as a process, against `npm start`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { localKeys, loopback, secureLocalhost } from '../../local/addresses.ts'
import { endChild, startBroker, startCommand, startScript } from '../local/processes.ts'
import { pathWithoutJava } from '../local/without-java.ts'
import type { Child } from '../local/processes.ts'
import { bundleCommand } from './bundle-command.ts'
import type { BundledCommand } from './bundle-command.ts'

let command: BundledCommand
let broker: Child
let port = 0

beforeAll(async () => {
  command = await bundleCommand('cli/sessions.ts')
  const started = await startBroker(/^Ready: /m, {
    env: { PATH: pathWithoutJava() },
    withinMs: 600_000,
  })
  broker = started.child
  port = started.port
}, 90_000)

afterAll(async () => {
  command.remove()
  await endChild(broker)
})

const run = async (...args: string[]) => {
  const env = { PORT: String(port) }
  const child = startCommand(command.path, { args: ['--stage', 'local', ...args], env })
  return { exitCode: await child.ended, printed: child.printed() }
}

const startSession = async (sub: string, given_name: string): Promise<void> => {
  const [credentials] = localKeys
  const client = new LambdaClient({
    region: 'us-east-1',
    endpoint: loopback(port),
    ...(credentials === undefined ? {} : { credentials }),
  })
  const seconds = Math.floor(Date.now() / 1000)
  const payload = {
    claims: { sub, given_name, role: 'viewer', iat: seconds, auth_time: seconds },
    user_agent:
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    embed_domain: secureLocalhost(port + 14),
  }
  const FunctionName = 'acquireEmbedSessionDirect'
  await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }))
}

const idOf = async (user: string): Promise<string> => {
  const { printed } = await run('list', '--user', user, '--json')
  return String(JSON.parse(printed).id)
}

describe('npm run sessions', () => {
  it('lists who has a session, and ends one by its id', async () => {
    await startSession('ada', 'Ada')
    await startSession('grace', 'Grace')

    const listed = await run('list')
    const ended = await run('end', await idOf('ada'))
    const after = await run('list')

    expect([listed.exitCode, ended.exitCode, after.exitCode]).toEqual([0, 0, 0])
    expect(listed.printed).toMatch(/Ada .*Chrome 140 on Linux.*active/)
    expect(listed.printed).toContain('2 sessions')
    expect(ended.printed).toMatch(/^Ended\./)
    expect(after.printed).not.toContain('Ada')
    expect(after.printed).toContain('1 session,')
  })

  it('ends all of a user, and asks before', async () => {
    await startSession('emmy', 'Emmy')

    const unasked = await run('end', '--user', 'emmy')
    const still = await run('list', '--user', 'emmy')
    const ended = await run('end', '--user', 'emmy', '--yes')
    const after = await run('list', '--user', 'emmy')

    expect(unasked).toMatchObject({ exitCode: 1 })
    expect(unasked.printed).toContain('Add --yes')
    expect(still.printed).toContain('1 session,')
    expect(ended).toMatchObject({ exitCode: 0 })
    expect(after.printed).toContain('Nobody has a session now.')
  })

  it('shows at most as many as it is asked for, and that there are more', async () => {
    for (const sub of ['one', 'two', 'three']) await startSession(sub, sub)

    const { printed } = await run('list', '--limit', '2')

    expect(printed).toMatch(/2 sessions.*There are more: --limit 20 shows them\./)
  })

  it('says of an id that is none what to do', async () => {
    const id = await run('end', 'no-id')

    expect(id).toMatchObject({ exitCode: 1 })
    expect(id.printed).toMatch(/invalid-request.*Ask for the list again/)
  })

  it.each([[['end']], [['end', 'id', '--user', 'ada']], [['list', '--limit', '0']], [['stop']]])(
    'is told when it is called wrongly: %j',
    async (args) => {
      expect(await run(...args)).toMatchObject({ exitCode: 2 })
    },
  )

  it('says that nothing runs here', async () => {
    const args = ['--stage', 'local', 'list']
    const env = { AWS_ENDPOINT_URL_LAMBDA: 'http://127.0.0.1:1' }
    const child = startScript('cli/sessions.ts', { args, env })

    expect(await child.ended).toBe(1)
    expect(child.printed()).toContain('is npm start running?')
  })
})
