// The iframe at the simulated Looker, as a browser loads it: the login, the page, and the page's own calls.
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { embedded, origin, referenceOf, type Embedded } from './calls.ts'

type Session = Awaited<ReturnType<Embedded['acquire']>>

const targetOf = (session: Session, domain = origin) =>
  `/embed/dashboards/42?embed_domain=${domain}&sdk=3&embed_navigation_token=${String(session['navigation_token'])}`

const loginOf = (session: Session, target = targetOf(session)) =>
  `/login/embed/${encodeURIComponent(target)}?embed_authentication_token=${String(session['authentication_token'])}`

describe('the login of an iframe', () => {
  it('goes on to the target as it was encoded', async () => {
    const { acquire, get, simulator } = embedded()
    const session = await acquire()

    const login = await get(loginOf(session))

    expect(login).toMatchObject({ status: 302, location: targetOf(session) })
    expect(simulator.counts().embedLogins).toBe(1)
  })

  it('decodes the target once', async () => {
    const { acquire, get } = embedded()

    const login = await get(loginOf(await acquire(), '/embed/looks/1?a=%2541%2Fb'))

    expect(login.location).toBe('/embed/looks/1?a=%2541%2Fb')
  })

  it('burns its token', async () => {
    const { acquire, get } = embedded()
    const session = await acquire()

    const logins = [await get(loginOf(session)), await get(loginOf(session))]

    expect(logins.map(({ status }) => status)).toEqual([302, 401])
  })

  it('burns its token in the wrong browser too', async () => {
    const { acquire, get } = embedded()
    const session = await acquire()

    const logins = [await get(loginOf(session), 'Browser/2'), await get(loginOf(session))]

    expect(logins.map(({ status }) => status)).toEqual([401, 401])
    expect(logins[0]?.text).toContain('Content cannot be displayed')
  })

  it.each([
    ['just before 30 seconds', 29, 302],
    ['at 30 seconds', 30, 401],
  ])('is judged by the clock %s', async (_, seconds, expected) => {
    const { acquire, get, simulator } = embedded()
    const session = await acquire()
    simulator.clock.advance(seconds)

    expect((await get(loginOf(session))).status).toBe(expected)
  })

  it('is over with its session', async () => {
    const { acquire, api, get } = embedded()
    const session = await acquire()
    await api(`DELETE /${referenceOf(session)}`)

    expect((await get(loginOf(session))).status).toBe(401)
  })

  it.each(['https://evil.test/', '//evil.test/embed/', '/simulator', '/embed/\r\n', '/embed'])(
    'does not go on to %j',
    async (target) => {
      const { acquire, get, simulator } = embedded()

      const login = await get(loginOf(await acquire(), target))

      expect(login).toMatchObject({ status: 403, location: '' })
      expect(simulator.counts().embedLogins).toBe(0)
    },
  )
})

describe('the page in the iframe', () => {
  it('shows who the user is', async () => {
    const { acquire, get } = embedded()
    const session = await acquire({ first_name: '<b>Ann', last_name: 'Lee', models: ['shop'] })

    const { status, text } = await get(targetOf(session))

    expect(status).toBe(200)
    expect(text).toContain('&lt;b&gt;Ann Lee (ann), Looker id 5001')
    expect(text).toContain('shop')
  })

  it('needs nothing from outside, and may be framed by the page it is for alone', async () => {
    const { acquire, get } = embedded()

    const { text, headers } = await get(targetOf(await acquire()))

    expect(text).toContain('session:tokens:request')
    expect(text).not.toMatch(/\b(src|href)=|https?:\/\//)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(headers.get('content-security-policy')).toContain(`frame-ancestors ${origin}`)
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('runs and looks as its policy names it, and in no other way', async () => {
    const { acquire, get } = embedded()

    const { text, headers } = await get(targetOf(await acquire()))
    const policy = headers.get('content-security-policy')
    const digestOf = (tag: 'script' | 'style') => {
      const [, inner = ''] = new RegExp(`<${tag}>([^]*)</${tag}>`).exec(text) ?? []
      return createHash('sha256').update(inner).digest('base64')
    }

    expect(policy).toContain(`script-src 'sha256-${digestOf('script')}'`)
    expect(policy).toContain(`style-src 'sha256-${digestOf('style')}'`)
    expect(policy).not.toContain('unsafe')
    expect(text).not.toMatch(/\son\w+=|\sstyle=/)
  })

  it('holds no token', async () => {
    const { acquire, get } = embedded()
    const session = await acquire()

    const { text } = await get(targetOf(session))

    const tokens = Object.values(session).filter((value) => typeof value === 'string')
    expect(tokens).toHaveLength(4)
    for (const token of tokens) expect(text).not.toContain(token)
  })

  it.each([
    ['in another browser', {}, 'Browser/2'],
    ['without a token', { navigation_token: '' }, undefined],
    ['with a token that is none', { navigation_token: 'a.b.c' }, undefined],
  ])('is refused %s', async (_, change, userAgent) => {
    const { acquire, get } = embedded()
    const session = await acquire()

    const page = await get(targetOf({ ...session, ...change }), userAgent)

    expect(page.status).toBe(401)
    expect(page.text).toContain('Content cannot be displayed')
  })

  it('is refused with an api token', async () => {
    const { acquire, get } = embedded()
    const { api_token } = await acquire()

    expect((await get(targetOf({ navigation_token: api_token }))).status).toBe(401)
  })

  it.each([
    ['just before the end of its token', 599, 200],
    ['at the end of its token', 600, 401],
  ])('is judged by the clock %s', async (_, seconds, expected) => {
    const { acquire, get, simulator } = embedded()
    const session = await acquire({ session_length: 3600 })
    simulator.clock.advance(seconds)

    expect((await get(targetOf(session))).status).toBe(expected)
  })

  it('is refused once the session was ended, whatever its token says', async () => {
    const { acquire, get, simulator } = embedded()
    const session = await acquire()
    simulator.state.embed.sessions.endAll()

    expect((await get(targetOf(session))).status).toBe(401)
  })
})

const statusFor = async (acquire: object, domainAllowlist: string[], domain?: string) => {
  const looker = embedded({ domainAllowlist })
  return (await looker.get(targetOf(await looker.acquire(acquire), domain))).status
}

describe('the page that embeds', () => {
  const unnamed = { embed_domain: undefined }

  it.each([
    ['named by the acquire', {}, [], origin, 200],
    ['another than the named one', {}, [], 'https://other.test', 403],
    ['nowhere named', unnamed, [], origin, 403],
    ['in the list', unnamed, [origin], origin, 200],
    ['under a star', unnamed, ['https://*.app.test'], 'https://a.app.test', 200],
    ['beside the star', unnamed, ['https://*.app.test'], 'https://app.test', 403],
    ['in the list with a slash', unnamed, [`${origin}/`], origin, 403],
    ['like the list but for a dot', unnamed, ['https://a.test'], 'https://abtest', 403],
    ['not saying who it is', unnamed, ['*'], '', 403],
    ['no origin', unnamed, ['*'], 'https://a;script-src', 403],
  ])('that is %s', async (_, acquire, list, domain, expected) => {
    expect(await statusFor(acquire, list, domain)).toBe(expected)
  })

  it('has to be named at every acquire', async () => {
    const { acquire, get } = embedded()
    const session_reference_token = referenceOf(await acquire())

    const named = await acquire({ session_reference_token })
    const unsaid = await acquire({ session_reference_token, embed_domain: undefined })

    expect((await get(targetOf(named))).status).toBe(200)
    expect((await get(targetOf(unsaid))).status).toBe(403)
  })

  it('stays named through a generate', async () => {
    const { acquire, generate, get } = embedded()

    const { json } = await generate(await acquire())

    expect((await get(targetOf(json))).status).toBe(200)
  })
})

const who = (looker: Embedded, token: unknown, userAgent?: string) =>
  looker.get('/api/internal/embed/who', userAgent, { authorization: `Bearer ${String(token)}` })

describe('the calls of the page', () => {
  it('are answered with an api token in its browser', async () => {
    const looker = embedded()
    const { api_token } = await looker.acquire()

    const answer = await who(looker, api_token)

    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toEqual({ id: '5001', external_user_id: 'ann' })
  })

  it('are refused in another browser, and with another token', async () => {
    const looker = embedded()
    const { api_token, navigation_token } = await looker.acquire()

    const answers = [
      await who(looker, api_token, 'Browser/2'),
      await who(looker, navigation_token),
      await who(looker, ''),
    ]

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
  })
})
