// Everything at once in one process, through Looker's own SDK: two users and the service account, in
// production and dev, every kind of call. The record of the simulated Looker tells with whose token each came.
import { Looker40SDK, Looker40SDKStream } from '@looker/sdk'
import type { IWriteQuery } from '@looker/sdk'
import { afterEach, expect, test } from 'vitest'
import type { Workspace } from '../../lib/config.ts'
import { failureOf } from '../../lib/sdk/failure.ts'
import type { BrokerSession } from '../../lib/sdk/types.ts'
import { callOf, createSdkStage, named } from './sdk-stage.ts'
import type { SdkStage } from './sdk-stage.ts'

let stage: SdkStage

afterEach(() => stage.close())

type Whose = { readonly userId: string | null; readonly workspace: Workspace }

const identities: readonly Whose[] = [null, '7', '9'].flatMap((userId) => [
  { userId, workspace: 'production' },
  { userId, workspace: 'dev' },
])

/** Made from one another, by way of others. */
const sessionFor = (base: BrokerSession, { userId, workspace }: Whose): BrokerSession => {
  const other = base.asUser('3').inWorkspace('dev')
  const whose = userId === null ? other.asServiceAccount() : other.asUser(userId)
  return whose.inWorkspace(workspace)
}

const orders = { model: 'thelook', view: 'orders', fields: ['orders.id', 'users.city'], limit: '3' }
const csv = 'Orders Id,Users City\n1,Aarhus 1\n2,Brno 2\n3,Córdoba 3\n'

const failing = async (call: Promise<unknown>): Promise<unknown> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  const { kind, status, retryAfterMs } = failureOf(error) ?? {}
  const errors = Object(error).errors.map(
    ({ field, code }: Record<string, string>) => `${field} ${code}`,
  )
  return { kind, status, retryAfterMs, errors }
}

/** One of each kind, all at once: what came of them, by kind. */
const everyCall = async (session: BrokerSession, name: string) => {
  const sdk = new Looker40SDK(session)
  const stream = new Looker40SDKStream(session)
  const run = (kind: string, result_format: string, body: IWriteQuery) =>
    sdk.run_inline_query({ result_format, body }, named(`${name} ${kind}`))
  const { fields: _, ...withoutFields } = orders
  const [me, json, text, streamed, unknown, invalid, limited] = await Promise.all([
    sdk.ok(sdk.me(undefined, named(`${name} me`))),
    sdk.ok(run('json', 'json', orders)),
    sdk.ok(run('csv', 'csv', orders)),
    stream.run_inline_query(
      (response) => response.text(),
      { result_format: 'csv', body: orders },
      named(`${name} stream`),
    ),
    failing(sdk.ok(run('unknown', 'json', { ...orders, model: 'nothing' }))),
    failing(sdk.ok(run('invalid', 'json', withoutFields))),
    failing(sdk.ok(sdk.versions(undefined, named(`${name} limited`)))),
  ])
  return { id: me.id, json, text, streamed, unknown, invalid, limited }
}

const kinds = ['me', 'json', 'csv', 'stream', 'unknown', 'invalid', 'limited']

const answersOf = (id: string) => ({
  id,
  json: [
    { 'orders.id': 1, 'users.city': 'Aarhus 1' },
    { 'orders.id': 2, 'users.city': 'Brno 2' },
    { 'orders.id': 3, 'users.city': 'Córdoba 3' },
  ],
  text: csv,
  streamed: csv,
  unknown: { kind: 'status', status: 404, retryAfterMs: undefined, errors: [] },
  invalid: {
    kind: 'status',
    status: 422,
    retryAfterMs: undefined,
    errors: ['fields missing_field'],
  },
  limited: { kind: 'status', status: 429, retryAfterMs: 7_000, errors: [] },
})

/** Becomes another user between calls, and is itself again at the end. */
const switching = async (session: BrokerSession, name: string): Promise<(string | undefined)[]> => {
  const sdk = new Looker40SDK(session)
  const me = async (step: string) => (await sdk.ok(sdk.me(undefined, named(`${name} ${step}`)))).id
  const first = await me('first')
  await session.login('7')
  const second = await me('second')
  await session.login('9')
  const [third, fourth] = await Promise.all([me('third'), me('fourth')])
  await session.logout()
  return [first, second, third, fourth, await me('last')].map((id) => id ?? undefined)
}

const steps = { first: null, second: '7', third: '9', fourth: '9', last: null }

/** As they must have reached Looker. */
const callsOfRound = (round: number, switchers: number) => [
  ...identities.flatMap(({ userId, workspace }, index) =>
    kinds.map((kind) => callOf(`${round}.${index} ${kind}`, userId, workspace)),
  ),
  ...Array.from({ length: switchers }, (_, index) =>
    Object.entries(steps).map(([step, userId]) =>
      callOf(`${round} switch ${index} ${step}`, userId),
    ),
  ).flat(),
]

test.each(['function', 'table'] as const)(
  'calls of everybody at once are each made with the right token, round after round (%s)',
  async (source) => {
    stage = await createSdkStage({ source })
    const headers = { 'retry-after': '7' }
    stage.looker.setFault('versions', { kind: 'status', status: 429, headers })
    const base = stage.sessionOf()
    const sessions = identities.map((whose) => sessionFor(base, whose))
    const switchers = Array.from({ length: 4 }, () => base.asServiceAccount())
    const rounds = [1, 2, 3, 4]

    for (const round of rounds) {
      const [answers, switched] = await Promise.all([
        Promise.all(sessions.map((session, index) => everyCall(session, `${round}.${index}`))),
        Promise.all(
          switchers.map((session, index) => switching(session, `${round} switch ${index}`)),
        ),
      ])

      expect(answers).toEqual(identities.map(({ userId }) => answersOf(userId ?? '1000')))
      expect(switched).toEqual(switchers.map(() => ['1000', '7', '9', '9', '1000']))
    }

    const expected = rounds.flatMap((round) => callsOfRound(round, switchers.length))
    expect(expected).toHaveLength(248)
    expect(stage.callsByName()).toEqual(
      new Map(expected.map((call) => [call.name, expect.objectContaining(call)])),
    )
    expect(stage.looker.record.named()).toHaveLength(248)
    expect(stage.looker.counts()).toMatchObject({ logins: 2, userLogins: 4, workspaceSwitches: 3 })
  },
)
