// No secret of an embed session leaves by any other way than its own field of a 200: every route and twin is
// run, with everything that can fail, and what is written is searched for every secret in every encoding.
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { EmbedServices } from '../../lib/broker.ts'
import { createLogReport } from '../../lib/log.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import type { Fault } from '../../local/looker/faults.ts'
import { createEmbedStage, startAtMs, watchEmbedding } from '../scenarios/embed-stage.ts'
import type { Act, Kind } from '../scenarios/embed-stage.ts'
import { createFaultyTable, operations } from '../scenarios/embed-table.ts'
import { createHunt, pastedToken } from './hunt.ts'
import { findSecrets } from './search.ts'
import { watchConsole } from './watch.ts'

const hunt = createHunt()
const { note, written, secrets, markTokens, markDataKeys } = hunt
const device = 'n4bQgYhMfWWaL-qgxVrQ_A'
const issuedAt = startAtMs / 1000
const who = {
  signIn: { sub: 'ada', role: 'viewer', iat: issuedAt, auth_time: issuedAt },
  browser: { userAgent: 'Mozilla/5.0 Chrome/140', device },
} as const

const tokenFields = ['authentication_token', 'navigation_token', 'api_token', 'session']

const withoutTokens = (value: unknown): unknown =>
  Object.fromEntries(Object.entries(Object(value)).filter(([name]) => !tokenFields.includes(name)))

const tokensIn = (value: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(Object(value)).filter(([name]) => tokenFields.slice(1).includes(name)),
  )

/** With every call of administrators and the schedule. */
const policy = { session_duration: 300, session_location: true }

/** Sealed keys, made for an administrator. */
const withoutIds = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (name, part: unknown) => (name === 'id' ? null : part)))

const later = (nowAtMs: number) => ({
  iat: Math.ceil(nowAtMs / 1000),
  auth_time: Math.ceil(nowAtMs / 1000) + 1,
})

const createWorld = async (kind: Kind) => {
  const { store, faults } = createFaultyTable(createMemorySessionStore())
  const stage = await createEmbedStage({
    kind,
    ...(kind === 'client' ? {} : { policy }),
    sessions: store,
    services: (all: EmbedServices) => {
      const log = { write: console.log, stage: 'test', clock: all.clock }
      const logged = { ...all, report: createLogReport(log) }
      // The one address that may hold a reference token is that of Looker's own end.
      const { fetch: _, ...watched } = hunt.services(logged)
      return { ...logged, ...watched }
    },
  })
  markTokens(stage.looker.state)
  markDataKeys(stage.kms)
  return { ...stage, faults, looker: stage.looker, seen: watchEmbedding(stage.looker.state) }
}

/** Every route and twin, in the order of a session's life, with whatever fails meanwhile. */
const runRoutes = async (
  kind: Kind,
  fail: (world: Awaited<ReturnType<typeof createWorld>>) => void,
) => {
  const world = await createWorld(kind)
  const { clock, seen } = world
  let one = world.coldStart()
  const { answer } = await clock.run(one.ask('acquire', who))
  const tokens = { api_token: pastedToken, navigation_token: pastedToken, ...tokensIn(answer) }
  fail(world)
  for (const round of ['warm', 'cold']) {
    if (round === 'cold') one = world.coldStart()
    const acts: readonly [Act, object?][] = [
      ['acquire'],
      ['generate', tokens],
      ['generate', { api_token: pastedToken, navigation_token: pastedToken, session: undefined }],
      ['generate', { api_token: `${pastedToken} ` }],
      ['state'],
      ['end'],
    ]
    for (const [act, body] of acts) {
      const reply = await clock.run(one.ask(act, who, body))
      note('HTTP headers', reply.headers)
      note('HTTP body', withoutTokens(reply.answer))
    }
    for (const [name, fields] of [
      ['acquire', {}],
      ['generate', tokens],
      ['session', { action: 'state' }],
      ['session', { action: 'extend' }],
      ['session', { action: 'activity', idle_seconds: 1 }],
      ['session', { action: 'end', by: 'administrator' }],
    ] as const) {
      note('direct answer', withoutTokens(await clock.run(one.direct(name, who, fields))))
    }
    if (kind === 'client') continue
    await clock.run(
      one.ask('acquire', { ...who, signIn: { ...who.signIn, ...later(clock.now()) } }),
    )
    const office = world.coldOffice()
    for (const payload of [
      { action: 'list' },
      { action: 'list', user: 'ada' },
      { action: 'end', id: 'x' },
    ]) {
      note('list', withoutIds(await clock.run(office.sessions(payload))))
    }
    await clock.advance(300_000)
    note('schedule', await clock.run(office.sweep().catch((error: unknown) => error)))
  }
  note('functions', one)
  secrets.push(...seen.started.map(({ session }) => session.referenceToken), ...seen.owners.keys())
}

const status = (code: number): Fault => ({
  kind: 'status',
  status: code,
  body: JSON.stringify({ message: pastedToken, session_reference_token: pastedToken }),
})

beforeAll(async () => {
  watchConsole(hunt)
  secrets.push(device)
  for (const kind of ['one', 'many', 'client'] as const) {
    await runRoutes(kind, () => undefined)
    const faults = [400, 401, 403, 404, 409, 422, 429, 503].map(status)
    for (const fault of [...faults, { kind: 'reset' } as const, { kind: 'html404' } as const]) {
      await runRoutes(kind, ({ looker }) => looker.setFault('every', fault))
    }
    await runRoutes(kind, ({ kms }) => kms.disable())
    await runRoutes(kind, ({ looker }) => looker.state.embed.sessions.endAll())
    await runRoutes(kind, ({ faults: table }) => {
      for (const operation of operations) table.failing.set(operation, 'unavailable')
    })
  }
  vi.restoreAllMocks()
}, 180_000)

afterAll(() => {
  vi.restoreAllMocks()
})

it('was collected from every way out', () => {
  const sources = new Set(written.map(({ source }) => source))

  expect([...sources].toSorted()).toEqual(
    expect.arrayContaining(['HTTP body', 'HTTP headers', 'console', 'direct answer', 'event']),
  )
  expect(written.length).toBeGreaterThan(1_000)
  expect(secrets.length).toBeGreaterThan(100)
})

it('holds no secret in any encoding', () => {
  expect(findSecrets(written, [...new Set(secrets)])).toEqual([])
})
