// Everything that the doctor knows to be wrong, one after the other: it names that and nothing else.
import { randomUUID } from 'node:crypto'
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { afterEach, beforeAll, describe, expect, inject, it } from 'vitest'
import { checkNames } from '../../lib/doctor/finding.ts'
import type { CheckName, Finding, Standing } from '../../lib/doctor/finding.ts'
import { localDynamoDbClient } from '../../local/dynamodb.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { createWorld, definition, origin } from './world.ts'
import type { World, WorldOptions } from './world.ts'

type Expected = readonly (readonly [CheckName, Standing])[]
type Break = (world: World) => unknown
type Row = readonly [fault: string, expected: Expected, make: Break, options?: WorldOptions]

const nothing = () => {}
const withRelease = (release: string): WorldOptions => ({ looker: { ...list([origin]), release } })
const list = (domainAllowlist: readonly string[]) => ({ embed: { domainAllowlist } })
const ended = {
  kind: 'status',
  status: 200,
  body: '{"session_reference_token_ttl":0}',
} as const
const status = (code: number) => ({ kind: 'status', status: code }) as const
const embed = (changes: object) => ({
  tenant: { embed: { user: { external_user_id: { claim: 'sub' } }, ...changes } },
})

const openPolicy = JSON.stringify({
  Statement: {
    Effect: 'Allow',
    Principal: { AWS: 'arn:aws:iam::111122223333:root' },
    Action: 'kms:*',
  },
})

const policyForOthers = JSON.stringify({
  Statement: {
    Effect: 'Allow',
    NotPrincipal: { AWS: 'arn:aws:iam::111122223333:role/former' },
    Action: 'kms:Decrypt',
  },
})

const rows: readonly Row[] = [
  ['nothing', [], nothing],
  [
    'a mistake in the tenant file',
    [['tenant-file', 'failed']],
    nothing,
    { known: { tenantMistakes: 'The tenant file cannot be used.' } },
  ],
  ['a key that is gone', [['key', 'failed']], ({ kms }) => kms.setStanding({ gone: true })],
  ['a disabled key', [['key', 'failed']], ({ kms }) => kms.disable()],
  [
    'a key without rotation',
    [['key-rotation', 'warning']],
    ({ kms }) => kms.setStanding({ rotates: false }),
  ],
  [
    'a key that the whole account may use',
    [['key-policy', 'failed']],
    ({ kms }) => kms.setStanding({ policy: openPolicy }),
  ],
  [
    'a key for all but one',
    [['key-policy', 'failed']],
    ({ kms }) => kms.setStanding({ policy: policyForOthers }),
  ],
  [
    'a key that is slow to answer',
    [],
    ({ kms }) => kms.addFault({ error: 'ThrottlingException', times: 2 }),
  ],
  [
    'a key that does not answer three times',
    [['key-use', 'failed']],
    ({ kms }) => kms.addFault({ error: 'ThrottlingException', times: 3 }),
  ],
  [
    'a stage without its function',
    [['function', 'failed']],
    ({ forgetFunction }) => forgetFunction(),
  ],
  [
    'a function that is older than a check',
    [['domains', 'warning']],
    ({ ageFunction }) => ageFunction('domains'),
  ],
  [
    'a caller that was taken out of the file, and nobody deployed',
    [['deployed-settings', 'failed']],
    nothing,
    { deployed: { api_tokens: { callers: [{ account: '111122223333', role: 'former' }] } } },
  ],
  [
    'a function that is older than the digest of its settings',
    [['deployed-settings', 'warning']],
    ({ ageFunction }) => ageFunction('deployed-settings'),
  ],
  [
    'functions that may not use the key',
    [['key-use', 'failed']],
    ({ kms }) => kms.addFault({ error: 'AccessDeniedException' }),
  ],
  ['no stored secret', [['secret', 'failed']], nothing, { withoutSecret: true }],
  ['a malformed secret', [['secret', 'failed']], ({ storeSecret }) => storeSecret('short')],
  [
    'a secret of another stage',
    [['secret', 'failed']],
    ({ storeSecret }) => storeSecret('doctor-secret-0001', 'other'),
  ],
  [
    'a secret that cannot be opened now',
    [['secret', 'failed']],
    ({ kms }) => kms.addFault({ error: 'AccessDeniedException', operation: 'Decrypt' }),
  ],
  [
    'a Looker out of reach',
    [['looker', 'failed']],
    ({ looker }) => looker.setFault('every', { kind: 'reset' }),
  ],
  [
    'a Looker that never answers',
    [['looker', 'failed']],
    ({ looker }) => looker.setFault('every', { kind: 'hang' }),
    { functionMs: 16_000 },
  ],
  [
    'another server than Looker',
    [['looker', 'failed']],
    ({ looker }) => looker.setFault('every', { kind: 'html404' }),
  ],
  [
    'a redirect',
    [['looker', 'failed']],
    ({ looker }) => looker.setFault('every', { kind: 'redirect' }),
  ],
  [
    'a Looker that fails',
    [['looker', 'failed']],
    ({ looker }) => looker.setFault('every', status(503)),
  ],
  ['a busy Looker', [['looker', 'failed']], ({ looker }) => looker.setFault('every', status(429))],
  [
    'a Looker before the event of an end',
    [['looker-version', 'warning']],
    nothing,
    withRelease('25.8.11'),
  ],
  ['a Looker before embed_domain', [['looker-version', 'warning']], nothing, withRelease('23.6.1')],
  [
    'a Looker before cookieless embedding',
    [['looker-version', 'failed']],
    nothing,
    withRelease('22.18.4'),
  ],
  [
    'a Looker without API 4.0',
    [['looker-version', 'failed']],
    nothing,
    { looker: { ...list([origin]), apiVersions: ['3.1'] } },
  ],
  ['a Looker of an unknown release', [['looker-version', 'warning']], nothing, withRelease('next')],
  [
    'a Looker that tells its release to nobody',
    [['looker-version', 'warning']],
    ({ looker }) => looker.setFault('versions', status(401)),
  ],
  [
    'a Looker that tells its release to who is logged in',
    [],
    ({ looker }) => looker.queueFaults('versions', status(401)),
  ],
  [
    'a refused secret',
    [['login', 'failed']],
    ({ looker }) => void (looker.state.clientSecret = 'another-secret-0002'),
  ],
  [
    'a login that fails',
    [['login', 'failed']],
    ({ looker }) => looker.setFault('login', status(500)),
  ],
  [
    'an API user that is nobody',
    [['rights', 'failed']],
    ({ looker }) => looker.setFault('me', status(404)),
  ],
  [
    'an API user that is no administrator',
    [['rights', 'failed']],
    ({ looker }) => void (looker.state.apiUserIsAdmin = false),
  ],
  [
    'settings that may not be read',
    [['rights', 'warning']],
    ({ looker }) => looker.setFault('get_setting', status(404)),
  ],
  [
    'a Looker that does not tell who the API user is',
    [['rights', 'failed']],
    ({ looker }) => looker.setFault('me', status(500)),
  ],
  [
    'settings that cannot be read now',
    [['rights', 'failed']],
    ({ looker }) => looker.setFault('get_setting', status(500)),
  ],
  [
    'a user that Looker does not have',
    [['users', 'failed']],
    nothing,
    { tenant: { api_tokens: { direct: { users: ['7', '99'] } } } },
  ],
  [
    'a user for whom nobody may act',
    [['users', 'failed']],
    nothing,
    { tenant: { api_tokens: { direct: { users: ['403'] } } } },
  ],
  [
    'any user, for whom nobody may act',
    [['users', 'failed']],
    ({ looker }) => looker.setFault('login_user', status(403)),
    { tenant: { api_tokens: { direct: { users: 'any' } } } },
  ],
  [
    'a login as a user that fails',
    [['users', 'failed']],
    ({ looker }) => looker.setFault('login_user', status(500)),
  ],
  [
    'a Looker without embedding',
    [['embedding', 'failed']],
    ({ looker }) => void (looker.state.embed.settings.embedding = false),
  ],
  [
    'no signed embedding',
    [['signed-embedding', 'failed']],
    ({ looker }) => void (looker.state.embed.settings.signedEmbedding = false),
  ],
  [
    'no cookieless embedding',
    [['cookieless', 'failed']],
    ({ looker }) => void (looker.state.embed.settings.cookieless = false),
  ],
  [
    'a slash in the list of domains',
    [['domains', 'warning']],
    nothing,
    { looker: list([`${origin}/`]) },
  ],
  [
    'a slash after a pattern',
    [['domains', 'warning']],
    nothing,
    { looker: list(['https://*.example.com/']) },
  ],
  [
    'a slash in the list of an old Looker',
    [
      ['looker-version', 'warning'],
      ['domains', 'failed'],
    ],
    nothing,
    { looker: { ...list([`${origin}/`]), release: '23.6.1' } },
  ],
  [
    'a page that is not in the list of an old Looker',
    [
      ['looker-version', 'warning'],
      ['domains', 'failed'],
    ],
    nothing,
    { looker: { ...list(['https://*.example.org']), release: '23.6.1' } },
  ],
  [
    'a page that is not in the list of a Looker of an unknown release',
    [
      ['looker-version', 'warning'],
      ['domains', 'warning'],
    ],
    nothing,
    { looker: { ...list(['https://*.example.org']), release: 'next' } },
  ],
  ['a list with a pattern for the page', [], nothing, { looker: list(['https://*.example.com']) }],
  [
    'a refused start',
    [['acquire', 'failed']],
    ({ looker }) => looker.setFault(acquire, status(404)),
  ],
  [
    'a forbidden start',
    [['acquire', 'failed']],
    ({ looker }) => looker.setFault(acquire, status(403)),
  ],
  [
    'a start that fails',
    [['acquire', 'failed']],
    ({ looker }) => looker.setFault(acquire, status(500)),
  ],
  [
    'a refused second start',
    [['acquire', 'failed']],
    ({ looker }) => {
      looker.queueFaults(acquire, { kind: 'none' }, status(403))
    },
  ],
  [
    'refused tokens',
    [['generate', 'failed']],
    ({ looker }) => looker.setFault(generate, status(400)),
  ],
  [
    'tokens that cannot be had',
    [['generate', 'failed']],
    ({ looker }) => looker.setFault(generate, status(500)),
  ],
  [
    'a session that is over at once',
    [['generate', 'failed']],
    ({ looker }) => looker.setFault(generate, ended),
  ],
  [
    'tokens for any browser',
    [['user-agent', 'warning']],
    ({ looker }) => void (looker.state.embed.settings.checksUserAgent = false),
  ],
  [
    'a session that ends when another browser asks',
    [['sessions-per-user', 'warning']],
    ({ looker }) => looker.queueFaults(generate, { kind: 'none' }, ended, ended),
  ],
  [
    'no answer to another browser',
    [['user-agent', 'failed']],
    ({ looker }) => looker.queueFaults(generate, { kind: 'none' }, status(500)),
  ],
  [
    'no answer to the first session after a second one',
    [['sessions-per-user', 'failed']],
    ({ looker }) => looker.queueFaults(generate, ...before(3), status(500)),
  ],
  [
    'many sessions where the file says one',
    [['sessions-per-user', 'failed']],
    ({ looker }) => void (looker.state.embed.settings.sessionsPerUser = 'many'),
  ],
  [
    'one session where the file says many',
    [['sessions-per-user', 'failed']],
    nothing,
    embed({ sessions_per_user: 'many' }),
  ],
  [
    'an end that fails',
    [['end-session', 'failed']],
    ({ looker }) => looker.setFault(end, status(500)),
  ],
  [
    'a forbidden end',
    [['end-session', 'failed']],
    ({ looker }) => looker.setFault(end, status(403)),
  ],
  [
    'an end that ends nothing',
    [['end-session', 'failed']],
    ({ looker }) => looker.setFault(end, status(204)),
  ],
  [
    'an end after which Looker does not answer',
    [['end-session', 'failed']],
    ({ looker }) => looker.queueFaults(generate, ...before(4), status(500)),
  ],
  [
    'a user that cannot be removed',
    [['throw-away-user', 'warning']],
    ({ looker }) => looker.setFault('delete_user', status(403)),
  ],
  [
    'a user that cannot be found',
    [['throw-away-user', 'warning']],
    ({ looker }) => looker.setFault('user_for_credential', status(404)),
  ],
  ['a Looker 20 s ahead', [['looker-clock', 'warning']], ({ looker }) => looker.clock.advance(20)],
  ['a Looker 60 s ahead', [['looker-clock', 'failed']], ({ looker }) => looker.clock.advance(60)],
  [
    'a Looker 20 s behind',
    [['looker-clock', 'warning']],
    ({ looker }) => looker.clock.advance(-20),
  ],
  ['a machine 20 s behind AWS', [['aws-clock', 'warning']], nothing, { awsAheadMs: 20_000 }],
  ['a machine 60 s before AWS', [['aws-clock', 'failed']], nothing, { awsAheadMs: -60_000 }],
]

const before = (calls: number) => Array.from({ length: calls }, () => ({ kind: 'none' }) as const)

const acquire = 'acquire_embed_cookieless_session'
const generate = 'generate_tokens_for_cookieless_session'
const end = 'delete_embed_cookieless_session'

const noCredentials = () =>
  Promise.reject(Object.assign(new Error('none'), { name: 'CredentialsProviderError' }))

const faultsIn = (findings: readonly Finding[]) =>
  findings
    .filter(({ standing }) => standing === 'failed' || standing === 'warning')
    .map(({ check, standing }) => [check, standing])

type TableChange = Partial<CreateTableCommandInput> & { readonly ttl?: string }
type TableRow = readonly [fault: string, expected: Expected, change: TableChange]

const throughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }
const indexes = definition.GlobalSecondaryIndexes ?? []

const tables: readonly TableRow[] = [
  ['a table of other keys', [['table', 'failed']], { KeySchema: definition.KeySchema.slice(0, 1) }],
  ['a table without its index', [['table-index', 'failed']], { GlobalSecondaryIndexes: undefined }],
  [
    'an index that carries nothing',
    [['table-index', 'failed']],
    {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        ...index,
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    },
  ],
  [
    'an index of other keys',
    [['table-index', 'failed']],
    {
      GlobalSecondaryIndexes: indexes.map((index) => ({
        ...index,
        KeySchema: index.KeySchema.slice(0, 1),
      })),
    },
  ],
  [
    'a table of fixed capacity',
    [['table-billing', 'warning']],
    {
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: throughput,
      GlobalSecondaryIndexes: indexes.map((index) => ({
        ...index,
        ProvisionedThroughput: throughput,
      })),
    },
  ],
  [
    'a table that lost its protection',
    [['table-protection', 'warning']],
    { DeletionProtectionEnabled: false },
  ],
  ['a table that keeps old items', [['table-ttl', 'failed']], { ttl: 'none' }],
  ['a table that removes by another attribute', [['table-ttl', 'failed']], { ttl: 'other' }],
]

/** A table as of serverless.yml, but for one thing. */
const tableLike = async ({ ttl, ...change }: TableChange) => {
  const client = localDynamoDbClient(inject('dynamoDbEndpoint'))
  const tableName = `test-${randomUUID()}`
  const { TimeToLiveSpecification: _, AttributeDefinitions: names, ...usual } = definition
  const properties = { ...usual, ...change }
  const used = JSON.stringify([properties.KeySchema, properties.GlobalSecondaryIndexes])
  const AttributeDefinitions = names.filter(({ AttributeName }) =>
    used.includes(`"${AttributeName}"`),
  )
  await client.send(
    new CreateTableCommand({ ...properties, TableName: tableName, AttributeDefinitions }),
  )
  await waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName: tableName })
  const AttributeName = ttl ?? 'ttl_epoch_seconds'
  const TimeToLiveSpecification = { AttributeName, Enabled: true }
  if (ttl !== 'none') {
    await client.send(
      new UpdateTimeToLiveCommand({ TableName: tableName, TimeToLiveSpecification }),
    )
  }
  return { client, tableName }
}

describe('the faults below', () => {
  it('are some of each check', () => {
    const found = [...rows, ...tables].flatMap(([, expected]) => expected.map(([check]) => check))

    // What is wrong with the way to AWS is not of the stage, and has tests of its own.
    expect(new Set(['aws', ...found])).toEqual(new Set(checkNames))
  })
})

describe.skipIf(!hasDynamoDb())('the doctor', { timeout: 60_000 }, () => {
  let table: Awaited<ReturnType<typeof freshTable>>
  const worlds: World[] = []

  beforeAll(async () => {
    table = await freshTable()
  })

  afterEach(async () => {
    await Promise.all(worlds.splice(0).map(({ close }) => close()))
  })

  const open = async (options: WorldOptions = {}): Promise<World> => {
    const world = await createWorld({ table, ...options })
    worlds.push(world)
    return world
  }

  const faults = rows.map(([fault, expected, make, options = {}]) => ({
    fault,
    expected,
    make,
    options,
  }))

  it.each(faults)(
    'where there is $fault, names that alone',
    async ({ expected, make, options }) => {
      const world = await open(options)
      await make(world)

      const findings = await world.examine()

      expect(faultsIn(findings)).toEqual(expected)
      expect(findings.map(({ check }) => check)).toEqual(checkNames)
      const told = JSON.stringify(findings)
      expect(world.looker.state.tokens.countLive()).toBe(0)
      expect(world.looker.state.embed.sessions.countLive()).toBe(0)
      expect([world.secret, ...world.tokens()].filter((secret) => told.includes(secret))).toEqual(
        [],
      )
    },
  )

  it.each<TableRow>(tables)('where there is %s, names that alone', async (_, expected, change) => {
    const world = await open({
      table: await tableLike(change),
      withoutSecret: change.KeySchema !== undefined,
    })

    const findings = await world.examine()

    expect(faultsIn(findings)).toEqual(expected)
  })

  it('where there is no table, names that alone', async () => {
    const world = await open({ known: { tableName: 'no-such-table' } })

    expect(faultsIn(await world.examine())).toEqual([['table', 'failed']])
  })

  it('where this machine has no credentials, names that alone', async () => {
    const options = { region: 'us-east-1', credentials: noCredentials, maxAttempts: 1 }
    const world = await open()

    const findings = await world.examine({
      table: new DynamoDBClient(options),
      keys: new KMSClient(options),
    })

    expect(faultsIn(findings)).toEqual([['aws', 'failed']])
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'aws', remedy: 'Sign in, or set AWS_PROFILE.' }),
    )
  })

  it('where AWS cannot be reached, names that alone', async () => {
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    const away = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', credentials }
    const options = { ...away, maxAttempts: 1 }
    const world = await open()

    const findings = await world.examine({
      table: new DynamoDBClient(options),
      keys: new KMSClient(options),
    })

    expect(faultsIn(findings)).toEqual([['aws', 'failed']])
  })

  it('needs no entry in the list of domains from Looker 23.8 on, and says so', async () => {
    const world = await open({ looker: list(['https://*.example.org']) })

    const findings = await world.examine()

    expect(findings).toContainEqual({
      check: 'domains',
      standing: 'ok',
      what: `Looker's list of embed domains does not have ${origin}. From Looker 23.8 on it need not: the broker names the page at each start of a session.`,
      remedy: null,
    })
  })

  it('asks neither function nor Looker where the key is of no use', async () => {
    const world = await open()
    world.kms.disable()

    await world.examine()

    expect(world.looker.counts().calls).toEqual({})
  })

  it('starts no session where that is switched off', async () => {
    const world = await open()
    world.looker.state.embed.settings.cookieless = false

    await world.examine()

    expect(world.looker.counts().calls).not.toHaveProperty(acquire)
  })

  it('names the user that a start of unknown outcome may have left', async () => {
    const world = await open()
    world.looker.setFault(acquire, { kind: 'malformed-json' })
    world.looker.setFault('delete_user', status(403))

    const findings = await world.examine()

    expect(faultsIn(findings)).toEqual([['acquire', 'failed']])
    expect(findings).toContainEqual(
      expect.objectContaining({
        check: 'acquire',
        what: expect.stringMatching(
          /Looker may have kept the embed user with the external id looker-token-broker-doctor-test-[\w-]+ \(user 5001\)\.$/,
        ),
      }),
    )
  })

  it('says which user to remove where Looker does not', async () => {
    const world = await open()
    world.looker.setFault('delete_user', status(403))

    const findings = await world.examine()

    expect(findings).toContainEqual({
      check: 'throw-away-user',
      standing: 'warning',
      what: expect.stringMatching(/looker-token-broker-doctor-test-[\w-]+ \(user 5001\)/),
      remedy: 'Remove that user in Looker (Admin > Users).',
    })
  })

  it('where nobody embeds, looks at nothing of it', async () => {
    const world = await open({ tenant: { identity: null, embed: null } })

    const findings = await world.examine()

    expect(faultsIn(findings)).toEqual([])
    expect(findings.filter(({ standing }) => standing === 'skipped')).toHaveLength(10)
    expect(world.looker.counts().embedUsersCreated).toBe(0)
  })
})
