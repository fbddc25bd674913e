// Each role allows just the calls that its function makes: every call it was seen to make, with the keys and
// encryption contexts it made them with, and no action that none of them needs. Run on DynamoDB Local, from
// processes that start cold, over all that a function goes through.
import { array, object, parse, string } from 'valibot'
import { describe, expect, it } from 'vitest'
import { create as createExamine } from '../../functions/examine-looker.ts'
import { create as createHealth } from '../../functions/health.ts'
import { create as createRevoke } from '../../functions/revoke-everything.ts'
import { withRevocation } from '../../lib/embed-broker.ts'
import { createDoctorBroker } from '../../lib/doctor-broker.ts'
import { Secret } from '../../lib/secret.ts'
import { secretKeyOf, writeClientSecret } from '../../lib/tokens/client-secret.ts'
import { context, httpEvent } from '../functions/calls.ts'
import { clientId, instance, stage, tableName } from '../scenarios/fleet.ts'
import { hasDynamoDb } from '../setup/table.ts'
import { createCalledStage, sessionSeconds } from './called-stage.ts'
import { createDoors } from './function-doors.ts'
import type { Answer, Door } from './function-doors.ts'
import { allows } from './permission.ts'
import type { Call } from './permission.ts'
import { functionNames, rightsOf, secretWriter } from './rights.ts'
import type { Statement } from './rights.ts'

const otherDevice = 'n4bQgYhMfWWaL-qgxVrQ_A'
const pastTheSession = (sessionSeconds + 1) * 1000

const createWorld = async () => {
  const world = await createCalledStage()
  return { ...world, ...createDoors(world) }
}

type Run = () => Promise<readonly Call[]>

const issuing =
  (door: Door): Run =>
  async () => {
    const { record, issueApiToken } = await createWorld()
    return record(async () => {
      expect(await issueApiToken(door)).toHaveProperty('access_token')
      expect(await issueApiToken(door, { user_id: '7' })).toHaveProperty('user_id', '7')
      expect(await issueApiToken(door)).toHaveProperty('access_token')
    })
  }

const acquiring =
  (door: Door): Run =>
  async () => {
    const { record, acquire } = await createWorld()
    return record(async () => {
      await acquire(door)
      await acquire(door)
      // Takes the place of the other one.
      expect(await acquire(door, otherDevice)).toHaveProperty('authentication_token')
    })
  }

const generating =
  (door: Door): Run =>
  async () => {
    const { record, acquire, generate, forgetLogins, endAtLooker } = await createWorld()
    const first = await acquire(door)
    await forgetLogins()
    const whileItLives = await record(async () => {
      const next = await generate(door, first)
      expect(next).toHaveProperty('navigation_token')
      await endAtLooker()
      expect(await generate(door, next)).toEqual({ session_reference_token_ttl: 0 })
    })
    const afterItsEnd = await afterThePolicy(({ generate: ask }, tokens) => ask(door, tokens))
    return [...whileItLives, ...afterItsEnd]
  }

const keeping =
  (door: Door): Run =>
  async () => {
    const { record, acquire, state, end, forgetLogins } = await createWorld()
    await acquire(door)
    await forgetLogins()
    const whileItLives = await record(async () => {
      expect(await state(door)).toMatchObject({ state: 'active' })
      expect(await end(door)).toEqual({ ended: true, confirmed: true })
    })
    // Answered with a refusal, since there is nothing to extend.
    const afterItsEnd = await afterThePolicy(({ extend }) => extend(door).catch(() => undefined))
    return [...whileItLives, ...afterItsEnd]
  }

type World = Awaited<ReturnType<typeof createWorld>>

/** Whoever finds a session over by the policy ends it, unless that would end a newer one at Looker. */
const afterThePolicy = async (
  ask: (world: World, tokens: Answer) => Promise<unknown>,
): Promise<readonly Call[]> => {
  const world = await createWorld()
  const tokens = await world.acquire('handler')
  world.shift(pastTheSession)
  const calls = await world.record(() => ask(world, tokens))
  expect(await world.state('handler')).toMatchObject({ reason: 'expired' })
  return calls
}

const administering =
  (door: Door): Run =>
  async () => {
    const { record, acquire, listSessions, endSession, endAllSessions, forgetLogins } =
      await createWorld()
    await acquire('handler')
    await forgetLogins()
    const one = await record(async () => {
      const { sessions } = parse(listed, await listSessions(door))
      expect(sessions).toHaveLength(1)
      expect(await endSession(door, sessions[0]?.id ?? '')).toMatchObject({ confirmed: true })
    })
    const all = await record(() => endAllSessions(door, 'ada'))
    return [...one, ...all]
  }

const listed = object({ sessions: array(object({ id: string() })) })

const nearTheEndMs = 3_590_000

const renewing: Run = async () => {
  const { record, issueApiToken, renewApiTokens, forgetLogins, shift } = await createWorld()
  // The second process that is answered by the table marks a token as used.
  await issueApiToken('handler', { user_id: '7' })
  await issueApiToken('handler', { user_id: '7' })
  shift(nearTheEndMs)
  await forgetLogins('#service#')
  return record(async () => {
    expect(await renewApiTokens()).toMatchObject({ renewed: 1, failed: 0 })
  })
}

const ending: Run = async () => {
  const { record, acquire, endDueSessions, forgetLogins, shift } = await createWorld()
  await acquire('handler')
  shift(pastTheSession)
  await forgetLogins()
  return record(async () => {
    expect(await endDueSessions()).toMatchObject({ ended: 1 })
  })
}

/** What the second call needs to log in with, the first has logged out. */
const revoking: Run = async () => {
  const { record, coldStart, acquire, issueApiToken, forgetLogins } = await createWorld()
  await acquire('direct')
  await issueApiToken('direct', { user_id: '7' })
  const { direct } = createRevoke(() => {
    const { broker, services } = coldStart()
    return withRevocation(broker, services)
  })
  const ofTokens = await record(async () => {
    expect(await direct({ what: 'tokens' }, context)).toMatchObject({ ended: 2, left: 0 })
  })
  await forgetLogins()
  const ofSessions = await record(async () => {
    expect(await direct({ what: 'sessions' }, context)).toMatchObject({ ended: 1, left: 0 })
  })
  return [...ofTokens, ...ofSessions]
}

const examining: Run = async () => {
  const { record, coldStart } = await createWorld()
  const source = () => {
    const { broker, services } = coldStart()
    return createDoctorBroker({ stage, tableName, tenant: broker.tenant }, services)
  }
  return record(async () => {
    const answer = await createExamine(source).direct({}, ample)
    expect(answer).toMatchObject({ findings: expect.arrayContaining([loggedIn]) })
  })
}

const ample = { ...context, getRemainingTimeInMillis: () => 60_000 }
const loggedIn = expect.objectContaining({ check: 'login', standing: 'ok' })

const beingHealthy: Run = async () => {
  const { record, coldStart } = await createWorld()
  return record(async () => {
    const answer = await createHealth(() => coldStart().broker).handler(httpEvent({}), context)
    expect(answer).toMatchObject({ statusCode: 200 })
  })
}

/** As `npm run tenant:secret` does it. */
const writingTheSecret: Run = async () => {
  const { record, coldStart } = await createWorld()
  const { broker, services } = coldStart()
  const key = secretKeyOf({ instance, clientId })
  const parts = { store: services.secrets, sealer: broker.sealer, key, clock: broker.clock }
  return record(async () => {
    const { written } = await writeClientSecret(parts, new Secret('another-secret-0002'))
    expect(written).toBe(true)
  })
}

const runs: Readonly<Record<string, Run>> = {
  IssueApiToken: issuing('handler'),
  IssueApiTokenDirect: issuing('direct'),
  AcquireEmbedSession: acquiring('handler'),
  AcquireEmbedSessionDirect: acquiring('direct'),
  GenerateEmbedTokens: generating('handler'),
  GenerateEmbedTokensDirect: generating('direct'),
  EmbedSession: keeping('handler'),
  EmbedSessionDirect: keeping('direct'),
  Sessions: administering('handler'),
  SessionsDirect: administering('direct'),
  Health: beingHealthy,
  RenewApiTokens: renewing,
  EndDueSessions: ending,
  RevokeEverythingDirect: revoking,
  ExamineLookerDirect: examining,
  [secretWriter]: writingTheSecret,
}

/** Made by Lambda itself, with the function's role. */
const ofTheRuntime = new Set(['Log', 'Trace'])

const ownRightsOf = (name: string): readonly Statement[] =>
  rightsOf(name, { stage, table: tableName }).filter(({ Sid }) => !ofTheRuntime.has(String(Sid)))

const actionsOf = ({ Action }: Statement): readonly string[] => [Action].flat().map(String)

describe('a run', () => {
  it('is there for each function, and for who writes the secret', () => {
    expect(Object.keys(runs).toSorted()).toEqual([...functionNames, secretWriter].toSorted())
  })
})

describe.skipIf(!hasDynamoDb())('the role of', { timeout: 60_000 }, () => {
  it.each(Object.entries(runs))(
    '%s allows the calls that are made, and no other',
    async (name, run) => {
      const statements = ownRightsOf(name)

      const calls = await run()

      const refused = calls.filter((call) => !statements.some((one) => allows(one, call)))
      const needless = statements.flatMap((one) =>
        actionsOf(one)
          .filter((action) => !calls.some((call) => call.action === action && allows(one, call)))
          .map((action) => `${String(one['Sid'])} ${action}`),
      )
      expect(refused).toEqual([])
      expect(needless).toEqual([])
    },
  )
})

const allowed = (statement: Statement | undefined, call: Call): boolean =>
  statement !== undefined && allows(statement, call)

describe('a statement', () => {
  const [tokens, , listDue, sealAndOpen] = ownRightsOf('RenewApiTokens')
  const encryptionContext = { stage, table: tableName, created: '2026-01-31T12:00:00Z' }
  const get: Call = { action: 'dynamodb:GetItem', resource: 'table', leadingKeys: ['api-token#a'] }
  const query: Call = { action: 'dynamodb:Query', resource: 'index', leadingKeys: ['api-token'] }
  const decrypt: Call = { action: 'kms:Decrypt', resource: 'key', encryptionContext }

  it.each<[string, Statement | undefined, Call]>([
    ['an item', tokens, get],
    ['an index', listDue, query],
    ['a key', sealAndOpen, decrypt],
  ])('allows its own call to %s', (_, statement, call) => {
    expect(allowed(statement, call)).toBe(true)
  })

  it.each<[string, Statement | undefined, Call]>([
    ['another action', tokens, { ...get, action: 'dynamodb:PutItem' }],
    ['an item of another kind', tokens, { ...get, leadingKeys: ['embed-session#a'] }],
    ['one item too many', tokens, { ...get, leadingKeys: ['api-token#a', 'looker-secret#a'] }],
    ['items without a key', tokens, { ...get, leadingKeys: [] }],
    ['the index by an item', tokens, { ...get, resource: 'index' }],
    ['another kind of the index', listDue, { ...query, leadingKeys: ['embed-session'] }],
    ['a kind that only begins so', listDue, { ...query, leadingKeys: ['api-token#a'] }],
    ['the table by a query', listDue, { ...query, resource: 'table' }],
    [
      'a record of another stage',
      sealAndOpen,
      { ...decrypt, encryptionContext: { ...encryptionContext, stage: 'other' } },
    ],
    [
      'a record of another table',
      sealAndOpen,
      { ...decrypt, encryptionContext: { ...encryptionContext, table: 'other' } },
    ],
    [
      'a context with more in it',
      sealAndOpen,
      { ...decrypt, encryptionContext: { ...encryptionContext, more: 'x' } },
    ],
    ['a context that is not there', sealAndOpen, { action: 'kms:Decrypt', resource: 'key' }],
  ])('does not allow %s', (_, statement, call) => {
    expect(allowed(statement, call)).toBe(false)
  })
})
