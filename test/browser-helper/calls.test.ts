// How the page's helper calls the broker: a fresh sign-in token each time, numbers as the Embed SDK wants
// them, and one key for all tabs of a browser.
import { describe, expect, it } from 'vitest'
import { BrokerProblem } from '../../lib/browser/index.ts'
import {
  acquire,
  acquired,
  createBrowserStore,
  createPage,
  end,
  generate,
  json,
  state,
  tokens,
  type Answer,
  type Call,
} from './page.ts'

const refusal = (code: string, status: number, headers?: Record<string, string>) =>
  json(
    { type: `urn:problem-type:looker-token-broker:${code}`, title: 'Title', detail: 'Detail' },
    status,
    headers,
  )

const tooLate: Answer = () => Promise.reject(new DOMException('Too late', 'TimeoutError'))

const living = { state: 'active', ends_in: 900 }

/** With any other sign-in token there is no answer that a page may read. */
const unreadUnless =
  ({ calls }: { readonly calls: readonly Call[] }, token: string, answer: Answer): Answer =>
  () => {
    if (calls.at(-1)?.headers.get('authorization') === token) return answer()
    throw new TypeError('Failed to fetch')
  }

const problemOf = async (work: Promise<unknown>): Promise<BrokerProblem> => {
  const error = await work.catch((thrown: unknown) => thrown)
  if (error instanceof BrokerProblem) return error
  throw new Error('No problem')
}

describe('a call', () => {
  it('asks for a sign-in token every time, and keeps cookies and caches out', async () => {
    const page = createPage({ [acquire]: json(acquired(1)), [generate]: json(tokens(2)) })

    await page.session.acquire()
    await page.session.generate(tokens(1))

    const sent = page.calls.map(({ headers }) => headers.get('authorization'))
    expect(sent).toEqual(['Bearer token-1', 'Bearer token-2'])
    expect(page.calls[1]?.headers.get('content-type')).toBe('application/json')
    expect(page.calls[0]?.init).toMatchObject({ cache: 'no-store', credentials: 'omit' })
  })

  it.each([401, 403])(
    'that is refused with %i is repeated once, with another token',
    async (status) => {
      let asked = 0
      const page = createPage({
        [acquire]: () =>
          ++asked === 1 ? Response.json({ message: 'No' }, { status }) : json(acquired(1))(),
      })

      await page.session.acquire()

      const sent = page.calls.map(({ headers }) => headers.get('authorization'))
      expect(sent).toEqual(['Bearer token-1', 'Bearer token-2'])
    },
  )

  it('that cannot be read, as what the gateway refuses, is repeated once with another token', async () => {
    const page = createPage({})
    page.answer(state, unreadUnless(page, 'Bearer token-2', json(living)))

    expect(await page.session.state()).toMatchObject({ state: 'active', ends_in: 900 })

    const sent = page.calls.map(({ headers }) => headers.get('authorization'))
    expect(sent).toEqual(['Bearer token-1', 'Bearer token-2'])
  })

  it('that cannot be read is repeated each, when two were under way', async () => {
    const page = createPage({})
    page.answer(state, () => {
      if (page.calls.length <= 2) throw new TypeError('Failed to fetch')
      return json(living)()
    })

    const both = await Promise.all([page.session.state(), page.session.state()])

    expect(both).toMatchObject([{ state: 'active' }, { state: 'active' }])
    expect(page.calls).toHaveLength(4)
  })

  it('that cannot be read is made once in an outage that lasts, and twice after it', async () => {
    const page = createPage({})
    const asks = async () => {
      const before = page.calls.length
      await page.session.state().catch(() => {})
      return page.calls.length - before
    }

    const away = [await asks(), await asks(), await asks()]
    page.answer(state, json({}, 503))
    const readable = await asks()
    page.answer(state, undefined)

    expect([...away, readable, await asks()]).toEqual([2, 1, 1, 1, 2])
  })

  it('that took too long is not repeated', async () => {
    const page = createPage({ [state]: tooLate })

    expect(await problemOf(page.session.state())).toMatchObject({ code: 'unreachable', status: 0 })
    expect(page.calls).toHaveLength(1)
  })

  it('that stays refused says why, and is not repeated again', async () => {
    const page = createPage({ [acquire]: refusal('sign-in-required', 403) })

    const problem = await problemOf(page.session.acquire())

    expect(problem).toMatchObject({
      code: 'sign-in-required',
      status: 403,
      message: 'Title: Detail',
    })
    expect(page.calls).toHaveLength(2)
  })

  it('takes a sign-in token that is at hand', async () => {
    const page = createPage({ [acquire]: json(acquired(1)) }, { getToken: () => 'at-hand' })

    await page.session.acquire()

    expect(page.calls[0]?.headers.get('authorization')).toBe('Bearer at-hand')
  })

  it.each<[string, () => string | Promise<string>]>([
    ['rejects', () => Promise.reject(new Error('signed out'))],
    [
      'throws',
      () => {
        throw new Error('signed out')
      },
    ],
    ['gives nothing', () => JSON.parse('null')],
    ['gives an empty text', () => ''],
  ])('is none where getToken %s', async (_, getToken) => {
    const page = createPage({ [acquire]: json(acquired(1)) }, { getToken })

    expect(await problemOf(page.session.acquire())).toMatchObject({ code: 'no-sign-in-token' })
    expect(page.calls).toEqual([])
  })
})

describe('an acquire', () => {
  it('makes numbers of lives that came as texts', async () => {
    const page = createPage({ [acquire]: json({ ...acquired(1), api_token_ttl: '600' }) })

    expect((await page.session.acquire()).api_token_ttl).toBe(600)
  })

  it('refuses an answer without a token', async () => {
    const page = createPage({ [acquire]: json(tokens(1)) })

    expect(await problemOf(page.session.acquire())).toMatchObject({ code: 'invalid-answer' })
  })

  it('is tried again a few times when that may help, and then rejects', async () => {
    const page = createPage({ [acquire]: refusal('looker-unavailable', 503) })
    const problem = problemOf(page.session.acquire())

    await page.advance(60_000)

    expect(await problem).toMatchObject({ code: 'looker-unavailable', status: 503 })
    expect(page.calls).toHaveLength(4)
  })

  it('does not let an empty page wait for minutes', async () => {
    const page = createPage({
      [acquire]: refusal('too-many-requests', 429, { 'retry-after': '40' }),
    })

    expect(await problemOf(page.session.acquire())).toMatchObject({ retryAfterMs: 40_000 })
    expect(page.calls).toHaveLength(1)
  })

  it('waits as long as it is told to', async () => {
    let asked = 0
    const busy = refusal('too-many-requests', 429, { 'retry-after': '9' })
    const page = createPage({ [acquire]: () => (++asked === 1 ? busy() : json(acquired(1))()) })
    const session = page.session.acquire()

    await page.advance(8_900)
    expect(page.calls).toHaveLength(1)
    await page.advance(200)

    expect((await session).api_token).toBe('api-1')
  })
})

const keyOf = ({ calls }: { calls: readonly { headers: Headers }[] }) =>
  calls[0]?.headers.get('x-embed-device')

describe('the device key', () => {
  it('is the same in tabs that open at once, and 22 characters of base64url', async () => {
    const store = createBrowserStore()
    let made = 0
    // Each tab would make another key.
    const random = (bytes: number) => new Uint8Array(bytes).fill(++made)
    const answers = { [acquire]: json(acquired(1)) }
    const pages = [1, 2].map(() => createPage(answers, {}, { ...store, random }))

    await Promise.all(pages.map((page) => page.session.acquire()))

    const [one, other] = pages.map(keyOf)
    expect(one).toMatch(/^[\w-]{22}$/)
    expect(other).toBe(one)
    expect(store.cookies.read()).toBe(`__Host-looker-device=${one}`)
  })

  it('lasts as long as the page where cookies are refused', async () => {
    const cookies = { read: () => '', write: () => {} }
    const page = createPage(
      { [acquire]: json(acquired(1)), [generate]: json(tokens(2)) },
      {},
      { ...createBrowserStore(), cookies },
    )
    await page.session.acquire()
    await page.session.generate(tokens(1))

    const [one, other] = page.calls.map(({ headers }) => headers.get('x-embed-device'))
    expect(one).toMatch(/^[\w-]{22}$/)
    expect(other).toBe(one)
  })

  it('is not sent where it is switched off', async () => {
    const page = createPage({ [acquire]: json(acquired(1)) }, { device: false })

    await page.session.acquire()

    expect(keyOf(page)).toBeNull()
  })
})

describe('a sealed session', () => {
  it('goes back in every body, from every tab, until the end', async () => {
    const store = createBrowserStore()
    const answers = {
      [acquire]: json({ ...acquired(1), session: 'sealed-1' }),
      [generate]: json({ ...tokens(2), session: 'sealed-2' }),
      [end]: json({ ended: true, confirmed: true }),
    }
    const page = createPage(answers, {}, store)
    const other = createPage(answers, {}, store)

    await page.session.acquire()
    await page.session.generate(tokens(1))
    await other.session.acquire()
    await page.session.end()

    expect(page.calls.slice(0, 3).map(({ body }) => body)).toEqual([
      {},
      { api_token: 'api-1', navigation_token: 'navigation-1', session: 'sealed-1' },
      // As the other tab was answered meanwhile.
      { session: 'sealed-1' },
    ])
    expect(other.calls[0]?.body).toEqual({ session: 'sealed-2' })
    expect([...store.stored]).toEqual([])
  })

  it('stays when the session of another tab ends that is no longer this one', async () => {
    const store = createBrowserStore()
    const over = { session_reference_token_ttl: 0 }
    const old = createPage({ [acquire]: json({ ...acquired(1), session: 'sealed-1' }) }, {}, store)
    const fresh = createPage(
      { [acquire]: json({ ...acquired(2), session: 'sealed-2' }) },
      {},
      store,
    )
    await old.session.acquire()
    await fresh.session.acquire()

    old.answer(generate, json(over))
    expect(await old.session.generate(tokens(1))).toEqual(over)
    expect([...store.stored.values()]).toEqual(['sealed-2'])

    fresh.answer(generate, json(over))
    expect(await fresh.session.generate(tokens(2))).toEqual(over)
    expect([...store.stored]).toEqual([])
  })

  it('is no field where the broker gave none', async () => {
    const page = createPage({ [acquire]: json(acquired(1)) })

    await page.session.acquire()

    expect(page.calls[0]?.body).toEqual({})
  })
})
