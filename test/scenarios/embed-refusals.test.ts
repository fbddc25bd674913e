// What Looker may say instead of a session: the problem names the likely cause, nothing is left behind, and
// the next acquire after the cause is gone is served. The same of what it may say to a page that goes on.
import { expect, test } from 'vitest'
import type { Fault } from '../../local/looker/faults.ts'
import { startScene } from '../bench/embed/scene.ts'
import {
  createEmbedStage,
  embeddingTenant,
  functionsOf,
  startAtMs,
  watchEmbedding,
} from './embed-stage.ts'
import type { Reply } from './embed-stage.ts'

const issuedAt = startAtMs / 1000
const who = {
  signIn: { sub: 'ada', role: 'viewer', iat: issuedAt, auth_time: issuedAt },
  browser: { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
} as const

const createPage = async () => {
  const stage = await createEmbedStage()
  const looker = watchEmbedding(stage.looker.state)
  const one = stage.coldStart()
  const { clock } = stage
  const acquire = () => clock.run(one.ask('acquire', who))
  const generate = (body: object) => clock.run(one.ask('generate', who, body))
  const state = async () => (await clock.run(one.ask('state', who))).answer
  return {
    ...stage,
    started: looker.started,
    settings: stage.looker.state.embed.settings,
    acquire,
    generate,
    state,
  }
}

type Page = Awaited<ReturnType<typeof createPage>>

type Refusal = {
  readonly what: string
  readonly begin: (page: Page) => void
  readonly code: string
  readonly detail: RegExp
  /** Sessions that Looker starts all the same, and that nobody is told of. */
  readonly hidden?: true
}

const acquireCall = 'acquire_embed_cookieless_session'

const faulty =
  (fault: Fault): Refusal['begin'] =>
  ({ looker }) =>
    looker.setFault(acquireCall, fault)

const away = { code: 'looker-unavailable', detail: /did not answer a call for an embed session/ }
const setup = {
  code: 'looker-refused-embed',
  detail: /cookieless embedding .* is off \(Admin > Embed\)/,
}
const user = {
  code: 'looker-refused-embed',
  detail: /domain that is not allowed .* user attribute/,
}

const refusals: readonly Refusal[] = [
  {
    what: 'embedding is off',
    begin: ({ settings }) => {
      settings.embedding = false
    },
    ...setup,
  },
  {
    what: 'cookieless embedding is off',
    begin: ({ settings }) => {
      settings.cookieless = false
    },
    ...setup,
  },
  {
    what: '400, a domain that is not allowed',
    begin: faulty({ kind: 'status', status: 400 }),
    ...user,
  },
  {
    what: '403, a right that is missing',
    begin: faulty({ kind: 'status', status: 403 }),
    ...setup,
  },
  { what: '422, an unknown attribute', begin: faulty({ kind: 'status', status: 422 }), ...user },
  {
    what: '409, another session in the making',
    begin: faulty({ kind: 'status', status: 409 }),
    code: 'looker-refused-embed',
    detail: /another session for this user/,
  },
  {
    what: '429 with Retry-After',
    begin: faulty({ kind: 'status', status: 429, headers: { 'retry-after': '20' } }),
    code: 'looker-rate-limited',
    detail: /fewer embed sessions/,
  },
  { what: '500', begin: faulty({ kind: 'status', status: 500 }), ...away },
  { what: '503', begin: faulty({ kind: 'status', status: 503 }), ...away },
  { what: 'an HTML page', begin: faulty({ kind: 'html404' }), ...away },
  { what: 'a redirect', begin: faulty({ kind: 'redirect' }), ...away },
  { what: 'a connection that is lost', begin: faulty({ kind: 'reset' }), ...away },
  { what: 'a reply cut short', begin: faulty({ kind: 'half-body' }), ...away, hidden: true },
  { what: 'a reply without a body', begin: faulty({ kind: 'empty-body' }), ...away, hidden: true },
  { what: 'no JSON', begin: faulty({ kind: 'malformed-json' }), ...away, hidden: true },
  { what: 'far too much', begin: faulty({ kind: 'oversize-body' }), ...away, hidden: true },
]

const expectProblem = ({ status, answer, headers }: Reply, { code, detail }: Refusal) => {
  const isRefused = code === 'looker-refused-embed'
  expect(status).toBe(isRefused ? 502 : 503)
  expect(answer).toMatchObject({
    type: `urn:problem-type:looker-token-broker:${code}`,
    detail: expect.stringMatching(detail),
  })
  expect(isRefused || Number(headers['retry-after']) > 0).toBe(true)
}

const relent = ({ looker, settings, clock }: Page): void => {
  looker.clearFaults()
  settings.embedding = true
  settings.cookieless = true
  // Longer than Looker's longest `Retry-After` of these.
  clock.skip(21_000)
}

test.each(refusals)(
  'a start refused by $what is told, and served when it is over',
  async (refusal) => {
    const page = await createPage()
    refusal.begin(page)

    const refused = await page.acquire()

    expectProblem(refused, refusal)
    expect(await page.state()).toMatchObject({ state: 'none' })
    const before = page.started.length
    expect(before > 0).toBe(refusal.hidden ?? false)
    relent(page)
    expect((await page.acquire()).status).toBe(200)
    expect(page.started).toHaveLength(before + 1)
    expect((await page.acquire()).status).toBe(200)
    expect(page.started).toHaveLength(before + 1)
  },
)

test.each(refusals)('a join refused by $what leaves the session in place', async (refusal) => {
  const page = await createPage()
  await page.acquire()
  refusal.begin(page)

  const refused = await page.acquire()

  expectProblem(refused, refusal)
  expect(await page.state()).toMatchObject({ state: 'active' })
  relent(page)
  expect((await page.acquire()).status).toBe(200)
  expect(page.started).toHaveLength(1)
})

test('a reference that is of another user makes way for a new session, unseen by the page', async () => {
  const page = await createPage()
  await page.acquire()
  page.looker.queueFaults(acquireCall, { kind: 'status', status: 404 })

  expect((await page.acquire()).status).toBe(200)
  expect(page.started).toHaveLength(2)
  expect((await page.acquire()).status).toBe(200)
  expect(page.started).toHaveLength(2)
})

test('an unwanted user agent ends the session for the page, and the next acquire starts anew', async () => {
  const page = await createPage()
  const { answer } = await page.acquire()
  page.looker.queueFaults('generate_tokens_for_cookieless_session', { kind: 'status', status: 400 })

  const refused = await page.generate(pageTokens(answer))

  expect(refused).toMatchObject({ status: 200, answer: { session_reference_token_ttl: 0 } })
  expect(await page.state()).toMatchObject({ state: 'ended', reason: 'ended-at-looker' })
  expect((await page.acquire()).status).toBe(200)
  expect(page.started).toHaveLength(2)
})

test('a Looker that hangs is told in time, and takes nobody along', async () => {
  const scene = await startScene({ tenant: embeddingTenant('one') })
  const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 6_500 }
  const one = functionsOf(scene.coldStart(), context)
  const issuedNow = Math.floor(Date.now() / 1000)
  const page = { ...who, signIn: { ...who.signIn, iat: issuedNow, auth_time: issuedNow } }
  scene.fleet.looker.setFault(acquireCall, { kind: 'hang' })

  const refused = await one.ask('acquire', page)

  expectProblem(refused, { ...away, what: '', begin: () => undefined })
  scene.fleet.looker.clearFaults()
  expect((await one.ask('acquire', page)).status).toBe(200)
  expect(scene.fleet.looker.counts().embedSessionsStarted).toBe(1)
  await scene.close()
})

const pageTokens = (answer: unknown) => {
  const { api_token, navigation_token } = { api_token: '', navigation_token: '', ...Object(answer) }
  return { api_token, navigation_token }
}
