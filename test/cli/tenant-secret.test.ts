// The command as a process, against the doubles, and a broker that lives on while it runs.
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { readTenant } from '../../cli/tenant-file.ts'
import { createBroker } from '../../lib/broker.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import {
  createDynamoSecretStore,
  createDynamoTokenStore,
} from '../../lib/store/dynamo-token-store.ts'
import { deadlineIn } from '../../lib/time.ts'
import type { Workspace } from '../../lib/config.ts'
import { systemClock } from '../../lib/system.ts'
import { startKmsDouble } from '../../local/kms/server.ts'
import type { KmsServer } from '../../local/kms/server.ts'
import { createLocalKms } from '../../local/kms/port.ts'
import { chooseLooker } from '../../local/looker-choice.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import { freePort, root, startCommand, startScript } from '../local/processes.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { bundleCommand } from './bundle-command.ts'
import type { BundledCommand } from './bundle-command.ts'

const longMs = 60_000

let command: BundledCommand

beforeAll(async () => {
  command = await bundleCommand('cli/tenant-secret.ts')
})

afterAll(() => command.remove())

type Given = { args?: string[]; env?: Record<string, string> }

const run = async (stdin: string, { args = ['--stage', 'local'], env = {} }: Given = {}) => {
  const child = startCommand(command.path, { args, env, stdin })
  return { exitCode: await child.ended, printed: child.printed() }
}

const runScript = async (stdin: string, env: Record<string, string>) => {
  const child = startScript('cli/tenant-secret.ts', { args: ['--stage', 'local'], env, stdin })
  return { exitCode: await child.ended, printed: child.printed() }
}

describe.skipIf(!hasDynamoDb())('a stored secret', () => {
  let kms: KmsServer

  beforeAll(async () => {
    kms = await startKmsDouble()
  })

  afterAll(() => kms.close())

  const stageOfThisMachine = async () => {
    const { client, tableName } = await freshTable()
    const PORT = String(await freePort())
    const { tenant } = chooseLooker(readTenant(root, 'local'), { PORT })
    const looker = createLookerSimulator({ clientId: tenant.looker.client_id })
    const events: BrokerEvent[] = []
    const makeBroker = () =>
      createBroker(
        { stage: 'local', tableName, tenant },
        {
          store: createDynamoTokenStore({ client, tableName }),
          secrets: createDynamoSecretStore({ client, tableName }),
          kms: createLocalKms(kms.double),
          fetch: looker.fetch,
          clock: systemClock,
          randomBytes,
          chance: Math.random,
          report: (event) => void events.push(event),
        },
      )
    const env = {
      PORT,
      TABLE_NAME: tableName,
      AWS_ENDPOINT_URL_DYNAMODB: inject('dynamoDbEndpoint'),
      AWS_ENDPOINT_URL_KMS: kms.url,
    }
    const { base_url: instance, client_id: clientId } = tenant.looker
    /** A process of its own. */
    const coldStart = () => {
      const broker = makeBroker()
      return (workspace: Workspace) =>
        broker.getToken(
          { instance, clientId, workspace },
          { minTtlMs: 0 },
          deadlineIn(systemClock, 12_000),
        )
    }
    return { looker, env, logIn: coldStart(), coldStart, events, tableName }
  }

  it(
    'is used by a running broker, and so is the next one once Looker refuses the first',
    { timeout: longMs },
    async () => {
      const { looker, env, logIn, tableName } = await stageOfThisMachine()
      looker.state.clientSecret = 'first-secret-0001'
      const first = await runScript('first-secret-0001\n', env)
      await logIn('production')

      looker.state.clientSecret = 'second-secret-0002'
      const second = await run('second-secret-0002', { env })
      const token = await logIn('dev')

      const form = new RegExp(
        `^Stored for local-client at http://127\\.0\\.0\\.1:\\d+ in ${tableName} \\(us-east-1\\), version (\\d+)\\.\\n$`,
      )
      const versions = [first, second].map(({ printed }) => Number(form.exec(printed)?.[1]))
      expect([first.exitCode, second.exitCode]).toEqual([0, 0])
      expect(versions[1]).toBeGreaterThan(versions[0] ?? Infinity)
      expect(first.printed + second.printed).not.toMatch(/first-secret|second-secret/)
      expect(token.expiresAtMs).toBeGreaterThan(Date.now())
      expect(looker.counts()).toMatchObject({ logins: 2, failedLogins: 1 })
    },
  )

  it(
    'is rotated under processes that go on serving, without a deploy and without a word of it',
    { timeout: longMs },
    async () => {
      const { looker, env, logIn, coldStart, events } = await stageOfThisMachine()
      looker.state.clientSecret = 'first-secret-0001'
      const first = await run('first-secret-0001', { env })
      const before = await logIn('production')

      // An administrator makes a new key at Looker: from now on the old one is refused there.
      looker.state.clientSecret = 'second-secret-0002'
      const between = await logIn('production')
      const cold = await coldStart()('production')
      const second = await run('second-secret-0002', { env })
      const after = await logIn('production')
      const [fromWarm, fromCold] = [await logIn('dev'), await coldStart()('dev')]

      const digests = [between, cold, after].map(({ secret }) => secret.digest())
      expect(new Set(digests)).toEqual(new Set([before.secret.digest()]))
      expect(fromCold.secret.digest()).toBe(fromWarm.secret.digest())
      expect(looker.counts()).toMatchObject({ logins: 2, failedLogins: 1, logouts: 0 })
      expect(looker.state.tokens.countLive()).toBe(2)
      const all = [first.printed, second.printed, JSON.stringify(events)].join('')
      expect(all).not.toMatch(/first-secret|second-secret/)
      for (const { secret } of [before, fromWarm]) expect(all).not.toContain(secret.reveal())
    },
  )

  it('is refused in one line when there is no such table', { timeout: longMs }, async () => {
    const { env } = await stageOfThisMachine()

    const { exitCode, printed } = await run('some-secret-0001', {
      env: { ...env, TABLE_NAME: 'no-such-table' },
    })

    expect(exitCode).toBe(1)
    expect(printed).toMatch(/^The table refuses\. .*\(ResourceNotFoundException\)\.\)\n$/)
  })

  it('is refused in one line when the key gives none', { timeout: longMs }, async () => {
    const { env } = await stageOfThisMachine()

    const { exitCode, printed } = await run('some-secret-0001', {
      env: { ...env, AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:1' },
    })

    expect(exitCode).toBe(1)
    expect(printed).toMatch(
      /^The key of the stage gives no data key\. .*\(KMS GenerateDataKey failed: ECONNREFUSED\)\n$/,
    )
  })
})

describe('what is given', () => {
  it.each<[string, string]>([
    ['nothing', ''],
    ['blanks', '  \n '],
    ['7 characters', 'secret7'],
    ['257 characters', 's'.repeat(257)],
    ['two lines', 'secret-0001\nsecret-0002\n'],
    ['a blank inside', 'secret 0001'],
    ['a letter outside ASCII', 'secret-äöü-0001'],
  ])('as %s is no secret, and is not repeated', { timeout: longMs }, async (_, stdin) => {
    const { exitCode, printed } = await run(stdin)

    expect(exitCode).toBe(1)
    expect(printed).toBe(
      'Standard input is no Looker client secret (8 to 256 visible characters).\n',
    )
  })

  it.each<[string, string[], RegExp]>([
    ['no stage', [], /required option '--stage <stage>' not specified/],
    ['an unknown stage', ['--stage', 'nowhere'], /^There is no tenants\/nowhere\.yml\. Stages: /],
    [
      'a path as stage',
      ['--stage', '../tenants/acme'],
      /^No stage can be named \.\.\/tenants\/acme: /,
    ],
    ['the secret as an argument', ['--stage', 'local', 'canary-0001'], /too many arguments/],
    [
      'the secret as an option',
      ['--stage', 'local', '--secret=canary-0001'],
      /unknown option '--secret'/,
    ],
  ])('with %s is called wrongly', { timeout: longMs }, async (_, args, message) => {
    const { exitCode, printed } = await run('some-secret-0001', { args })

    expect(exitCode).toBe(2)
    expect(printed).toMatch(message)
    expect(printed).not.toContain('canary-0001')
    expect(printed.trim().split('\n')).toHaveLength(1)
  })

  it('at a moment when nothing runs is told so', { timeout: longMs }, async () => {
    const { exitCode, printed } = await run('some-secret-0001', {
      env: { PORT: String(await freePort()) },
    })

    expect(exitCode).toBe(1)
    expect(printed).toMatch(/^The table of this machine cannot be reached: is npm start running/)
    expect(printed).not.toContain('some-secret-0001')
  })

  it('for a port that is none is told so', { timeout: longMs }, async () => {
    const { exitCode, printed } = await run('some-secret-0001', { env: { PORT: 'x' } })

    expect(exitCode).toBe(1)
    expect(printed).toBe('PORT is no whole number from 1024 to 65500\n')
  })
})
