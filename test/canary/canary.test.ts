// No secret leaves by any other way than the `access_token` of a 200: every route and every failure is
// run, all that is written is collected, and searched for every secret in every encoding.
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { create as createHealth } from '../../functions/health.ts'
import { create as createIssue } from '../../functions/issue-api-token.ts'
import { create as createRenew } from '../../functions/renew-api-tokens.ts'
import { createLogReport } from '../../lib/events.ts'
import { BrokerError, StoreError } from '../../lib/errors.ts'
import type { Services } from '../../lib/broker.ts'
import type { KmsDouble } from '../../local/kms/double.ts'
import { startKmsDouble } from '../../local/kms/server.ts'
import { createKmsDouble } from '../../local/kms/double.ts'
import type { Fault, FaultTarget } from '../../local/looker/faults.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import type { SimulatorState } from '../../local/looker/state.ts'
import {
  account,
  context as usualContext,
  httpEvent,
  rimBroker,
  signedBy,
} from '../functions/calls.ts'
import {
  freePort,
  pathWithoutJava,
  runShell,
  startScript,
  untilPrinted,
} from '../local/processes.ts'
import { createFleet, tenantOf } from '../scenarios/fleet.ts'
import { encodings, findSecrets, spellingsOf } from './search.ts'
import { createWatch, watchConsole } from './watch.ts'

const clientSecret = 'canary"secret\\of+the/client=0001'
const wrongSecret = 'canary-secret-that-is-not-the-one'
const pastedToken = 'canary-token-that-a-caller-pasted-where-it-does-not-belong'

/** Short, as waiting for what is down is not the point. */
const context = { ...usualContext, getRemainingTimeInMillis: () => 3_000 }

const watch = createWatch()
const { written, note } = watch
const secrets: (string | Buffer)[] = [clientSecret, wrongSecret, pastedToken]

const markTokens = ({ tokens }: SimulatorState): void => {
  const { issue } = tokens
  vi.spyOn(tokens, 'issue').mockImplementation((whose) => {
    const token = issue(whose)
    secrets.push(token)
    return token
  })
}

const markDataKeys = (double: KmsDouble): void => {
  const { generateDataKey, decrypt } = double
  vi.spyOn(double, 'generateDataKey').mockImplementation((...call) => {
    const outcome = generateDataKey(...call)
    if ('answer' in outcome) secrets.push(Buffer.from(outcome.answer.plaintext))
    return outcome
  })
  vi.spyOn(double, 'decrypt').mockImplementation((...call) => {
    const outcome = decrypt(...call)
    if ('answer' in outcome) secrets.push(Buffer.from(outcome.answer.plaintext))
    return outcome
  })
}

const withoutToken = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const { access_token: _, ...rest } = { access_token: undefined, ...value }
  return rest
}

const noteHttp = ({
  statusCode,
  headers,
  body = '',
}: Awaited<ReturnType<ReturnType<typeof createIssue>['handler']>>) => {
  note('HTTP headers', headers)
  note('HTTP body', statusCode === 200 ? withoutToken(JSON.parse(body)) : body)
}

const bodies = [
  '{}',
  '{"user_id":"7"}',
  '{"user_id":"7","workspace":"dev"}',
  '{"user_id":"403"}',
  '{"min_ttl":3300}',
  'no JSON',
  JSON.stringify({ refused: pastedToken }),
  JSON.stringify({ user_id: pastedToken, workspace: pastedToken, min_ttl: pastedToken }),
]

type World = Awaited<ReturnType<typeof createWorld>>

const createWorld = async (change: (services: Services) => Services = (same) => same) => {
  const rights = { service_account: true, users: 'any', workspaces: ['production', 'dev'] }
  const tenant = tenantOf({
    api_tokens: { callers: [{ account, role: 'reports', ...rights }], direct: rights },
    looker: {
      base_url: 'https://looker.example.com',
      client_id: 'fleet-client',
      login_timeout_seconds: 1,
    },
  })
  const fleet = await createFleet({
    tenant,
    looker: { clientSecret },
    services: (services) => {
      const logged = createLogReport(console.log, 'test')
      return watch.services(change({ ...services, report: logged }))
    },
  })
  markTokens(fleet.looker.state)
  markDataKeys(fleet.kms)
  await fleet.setSecret(clientSecret)
  return fleet
}

const runEveryRoute = async ({ coldStart }: World): Promise<void> => {
  const broker = coldStart()
  const source = () => broker
  const { handler, direct } = createIssue(source)
  await Promise.all(
    bodies.map(async (body) => {
      noteHttp(await handler(httpEvent({ body }), context))
      noteHttp(await handler(httpEvent({ body, authorizer: signedBy('stranger') }), context))
      noteHttp(await handler(httpEvent({ body, authorizer: { jwt: pastedToken } }), context))
      const payload: unknown = body === 'no JSON' ? body : JSON.parse(body)
      note('direct answer', withoutToken(await direct(payload, context)))
    }),
  )
  noteHttp(await handler(httpEvent({ rawQueryString: `token=${pastedToken}` }), context))
  noteHttp(await handler({ token: pastedToken }, context))
  // The answer names the unknown field to who sent it; the log must not.
  await handler(httpEvent({ body: JSON.stringify({ [pastedToken]: 1 }) }), context)
  noteHttp(await createHealth(source).handler(httpEvent({}), context))
  note(
    'scheduled run',
    await createRenew(source)
      .handler({}, context)
      .catch((error: unknown) => error),
  )
  const principal = { instance: 'https://looker.example.com', clientId: 'fleet-client' } as const
  const end = { remainingMs: () => 3_000 }
  for (const workspace of ['production', 'dev'] as const) {
    const held = broker.getToken({ ...principal, workspace }, { minTtlMs: 0 }, end)
    note('token or error', await held.catch((error: unknown) => error))
  }
  note('broker', broker)
}

const echo = (status: number): Fault => {
  const told = [clientSecret, ...secrets.filter((one) => typeof one === 'string').slice(-2)]
  return {
    kind: 'status',
    status,
    body: JSON.stringify({ message: told.join(' '), access_token: told }),
  }
}

const lookerFaults = (): [FaultTarget, Fault][] => [
  ...[200, 400, 401, 403, 404, 429, 500, 503].map((status): [FaultTarget, Fault] => [
    'every',
    echo(status),
  ]),
  ['every', { kind: 'redirect', location: `/?secret=${encodeURIComponent(clientSecret)}` }],
  ['every', { kind: 'html404' }],
  ['every', { kind: 'reset' }],
  ['every', { kind: 'half-body' }],
  ['login', { kind: 'malformed-json' }],
  ['login_user', echo(401)],
  ['login_user', echo(404)],
  ['update_session', { kind: 'wrong-workspace' }],
  ['update_session', echo(500)],
]

const failWith = (failure: StoreError['failure']) => () =>
  Promise.reject(new StoreError(failure, 'The table fails.', new Error('cause')))

const failingStore =
  (failure: StoreError['failure']) =>
  (services: Services): Services => ({
    ...services,
    store: { ...services.store, read: failWith(failure), takeLease: failWith(failure) },
  })

const runInProcess = async (): Promise<void> => {
  const plain = await createWorld()
  await runEveryRoute(plain)
  await runEveryRoute(plain)
  const refused = await createWorld()
  await refused.setSecret(wrongSecret)
  await runEveryRoute(refused)
  const withFaults = lookerFaults().map(async ([target, fault]) => {
    const world = await createWorld()
    world.looker.setFault(target, fault)
    await runEveryRoute(world)
  })
  const withoutStore = (['throttled', 'unavailable', 'refused'] as const).map(async (failure) =>
    runEveryRoute(await createWorld(failingStore(failure))),
  )
  const withoutKeys = (
    ['AccessDeniedException', 'ThrottlingException', 'DisabledException', 'reset'] as const
  ).map(async (error) => {
    const world = await createWorld()
    world.kms.addFault({ error })
    await runEveryRoute(world)
  })
  await Promise.all([...withFaults, ...withoutStore, ...withoutKeys])
}

const runUnexpected = async (): Promise<void> => {
  const errors = [
    new TypeError(`header ${clientSecret}`, { cause: new Error(pastedToken) }),
    new BrokerError('internal', 'Ours.', { cause: new Error(clientSecret) }),
    Object.assign(new Error(pastedToken), { name: pastedToken, config: { clientSecret } }),
  ]
  for (const error of errors) {
    const fail = () => Promise.reject(error)
    const { source, events } = rimBroker({ issueApiToken: fail, renewDue: fail })
    noteHttp(await createIssue(source).handler(httpEvent({}), context))
    note('direct answer', await createIssue(source).direct({}, context))
    note(
      'scheduled run',
      await createRenew(source)
        .handler({}, context)
        .catch((thrown: unknown) => thrown),
    )
    note('event', events)
  }
  const broken = () => {
    throw new Error(clientSecret)
  }
  noteHttp(await createIssue(broken).handler(httpEvent({}), context))
}

const runProcesses = async (): Promise<void> => {
  const looker = createLookerSimulator({ clientSecret, clientId: 'client' })
  markTokens(looker.state)
  const double = createKmsDouble()
  markDataKeys(double)
  const [kms, { url, close }] = await Promise.all([startKmsDouble({ double }), looker.listen()])
  const env = {
    PORT: String(await freePort()),
    LOOKERSDK_BASE_URL: url,
    LOOKERSDK_CLIENT_ID: 'client',
    LOOKERSDK_CLIENT_SECRET: clientSecret,
    AWS_ENDPOINT_URL_KMS: kms.url,
  }
  const child = startScript('local/start.ts', { env: { ...env, PATH: pathWithoutJava() } })
  await untilPrinted(child, /no Java 17 here/)
  const commands = [...child.printed().matchAll(/^ {2}(curl .+api-token)$/gm)].map(
    ([, one = '']) => one,
  )
  const ask = async () => {
    for (const command of commands) {
      note('HTTP body', withoutToken(JSON.parse(await runShell(command))))
      note('HTTP headers', await runShell(`${command} -o /dev/null -D -`))
      note(
        'HTTP body',
        await runShell(command.replace(/-d '[^']*'/, `-d '{"x":"${pastedToken}"}'`)),
      )
    }
  }
  await ask()
  looker.revokeAll()
  looker.setFault('every', echo(500))
  await ask()
  child.process.kill('SIGINT')
  await child.ended
  note('output of npm start', child.printed())

  const endpoints = inject('dynamoDbEndpoint')
    ? { AWS_ENDPOINT_URL_DYNAMODB: inject('dynamoDbEndpoint') }
    : {}
  for (const [stdin, args] of [
    [clientSecret, ['--stage', 'local']],
    [`${clientSecret} ${clientSecret}`, ['--stage', 'local']],
    [clientSecret, ['--stage', 'local', `--secret=${clientSecret}`]],
    [clientSecret, ['--stage', 'local', clientSecret]],
  ] as const) {
    const command = startScript('cli/tenant-secret.ts', {
      stdin,
      args,
      env: { ...env, ...endpoints },
    })
    await command.ended
    note('output of tenant:secret', command.printed())
  }
  await Promise.all([kms.close(), close()])
}

beforeAll(async () => {
  watchConsole(watch)
  await runInProcess()
  await runUnexpected()
  await runProcesses()
  vi.restoreAllMocks()
}, 180_000)

afterAll(() => {
  vi.restoreAllMocks()
})

describe('everything that was written', () => {
  it('was collected from every way out, with secrets of every kind in play', () => {
    const sources = new Map<string, number>()
    for (const { source } of written) sources.set(source, (sources.get(source) ?? 0) + 1)

    expect(Object.fromEntries(sources)).toEqual({
      console: expect.any(Number),
      event: expect.any(Number),
      URL: expect.any(Number),
      'error of the store': expect.any(Number),
      'error of the keys': expect.any(Number),
      'HTTP headers': expect.any(Number),
      'HTTP body': expect.any(Number),
      'direct answer': expect.any(Number),
      'scheduled run': expect.any(Number),
      'token or error': expect.any(Number),
      broker: expect.any(Number),
      'output of npm start': 1,
      'output of tenant:secret': 4,
    })
    expect(written.length).toBeGreaterThan(1_000)
    expect(secrets.filter((secret) => typeof secret === 'string').length).toBeGreaterThan(20)
    expect(secrets.filter((secret) => typeof secret !== 'string').length).toBeGreaterThan(20)
  })

  it('holds no secret in any encoding', () => {
    const hits = findSecrets(written, secrets)

    expect(hits).toEqual([])
  })
})

describe('the search', () => {
  it.each(
    encodings.flatMap((encoding) =>
      [clientSecret, Buffer.from(clientSecret)].map((secret) => [encoding, secret] as const),
    ),
  )('finds a secret in %s', (encoding, secret) => {
    const needles = spellingsOf(secret).get(encoding) ?? []

    const found = needles.map((needle) =>
      findSecrets([{ source: 's', text: `a ${needle} z` }], [secret]),
    )

    expect(found.length).toBeGreaterThan(0)
    for (const hits of found) expect(hits).toContainEqual({ source: 's', encoding })
  })

  it.each(['', 'x', 'xy', 'xyz'])(
    'finds base64 of a text in which it stands after "%s"',
    (before) => {
      const text = Buffer.from(`${before}${clientSecret}!`).toString('base64')

      const hits = findSecrets([{ source: 's', text }], [clientSecret])

      expect(hits).toContainEqual({ source: 's', encoding: 'base64' })
    },
  )

  it.each<[string, (leak: ReturnType<typeof createWatch>) => void]>([
    ['the console', () => console.info('token', { held: pastedToken })],
    ['a stream', () => process.stderr.write(`token ${pastedToken}\n`)],
    [
      'the cause of an error',
      ({ note: tell }) => tell('e', new Error('x', { cause: new Error(pastedToken) })),
    ],
    [
      'a hidden field',
      ({ note: tell }) => tell('e', Object.defineProperty({}, 'x', { value: pastedToken })),
    ],
  ])('finds what leaks by %s', (_, leak) => {
    const own = createWatch()
    watchConsole(own)

    leak(own)
    vi.restoreAllMocks()

    expect(findSecrets(own.written, [pastedToken])).not.toEqual([])
  })
})
