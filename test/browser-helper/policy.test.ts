// The session policy in the page: warned in time, extended, and ended in all tabs together.
import { describe, expect, it } from 'vitest'
import {
  acquire,
  acquired,
  createBrowserStore,
  createPage,
  extend,
  generate,
  json,
  state,
  tokens,
  type Answer,
} from './page.ts'

const minute = 60_000

type Given = Readonly<Record<string, unknown>>

/** The broker's clock says another year than the page's. */
const brokerIso = (seconds: number) => new Date(Date.UTC(2031, 0, 1) + seconds * 1000).toISOString()

/** As the broker answers when its session lives for so many seconds more. */
const living = (seconds: number, changes: Given = {}) => ({
  state: 'active',
  ends_at: brokerIso(seconds),
  ends_in: seconds,
  ended_at: null,
  reason: null,
  sign_in_required: false,
  warn_at: brokerIso(seconds - 120),
  warns: 'end',
  may_extend: seconds <= 120,
  extends_to: brokerIso(seconds + 1800),
  idle_ends_at: null,
  stays_signed_in: false,
  ...changes,
})

const ended = (reason: string) => ({
  ...living(0),
  state: 'ended',
  ends_at: null,
  ended_at: brokerIso(0),
  reason,
  sign_in_required: true,
  warn_at: null,
  warns: null,
})

/** A broker whose session lives until `endsAtMs` of a clock that `advance` moves along with the page's. */
const openPage = (lifeSeconds: number, store = createBrowserStore(), changes: Given = {}) => {
  let leftSeconds = lifeSeconds
  let reason = 'expired'
  const standing = () =>
    Response.json(leftSeconds > 0 ? living(leftSeconds, changes) : ended(reason))
  const page = createPage(
    {
      [acquire]: json(acquired(1)),
      [generate]: json(tokens(2)),
      [state]: standing,
      [extend]: () => {
        leftSeconds += 1800
        return standing()
      },
    },
    {},
    store,
  )
  const advance = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      leftSeconds -= 1
      await page.advance(1000)
    }
  }
  return {
    ...page,
    advanceBoth: advance,
    endNow: (why: string) => {
      leftSeconds = 0
      reason = why
    },
    states: () => page.changes.map((change) => change.state),
  }
}

describe('a warning', () => {
  it('comes two minutes before the end, once, by the page’s own clock', async () => {
    const page = openPage(300)
    await page.session.acquire()

    await page.advanceBoth(179)
    const before = page.states()
    await page.advanceBoth(3)

    expect(before).not.toContain('warning')
    expect(page.changes.filter((change) => change.state === 'warning')).toEqual([
      {
        state: 'warning',
        endsAt: new Date(1_000_000 + 300_000),
        warns: 'end',
        mayExtend: true,
        extendsTo: new Date(1_000_000 + 300_000 + 1_800_000),
      },
    ])
  })

  it('says when no extension is left', async () => {
    const page = openPage(100, undefined, { may_extend: false, extends_to: null })
    await page.session.acquire()

    await page.advanceBoth(2)

    expect(page.changes).toContainEqual(
      expect.objectContaining({ state: 'warning', mayExtend: false, extendsTo: null }),
    )
  })

  it('is none without a policy, and the broker is not asked again', async () => {
    const page = openPage(300, undefined, { warn_at: null, warns: null })
    await page.session.acquire()

    await page.advanceBoth(290)

    expect(page.states()).not.toContain('warning')
    expect(page.callsOf('/embed-session')).toHaveLength(1)
  })

  it('waits for a session of 30 days without asking all the time', async () => {
    const page = openPage(2_592_000)
    await page.session.acquire()

    await page.advance(60 * minute)

    expect(page.callsOf('/embed-session')).toHaveLength(1)
  })

  it('is raised at once when the machine slept', async () => {
    const page = openPage(600)
    await page.session.acquire()
    await page.advanceBoth(2)
    page.answer(state, json(living(60)))

    await page.sleep(9 * minute)

    expect(page.states()).toContain('warning')
  })

  it('is raised late, not never, when the broker was away', async () => {
    const page = openPage(300)
    await page.session.acquire()
    await page.advanceBoth(5)
    page.answer(state, json({}, 503))
    await page.advanceBoth(180)
    const meanwhile = page.states()
    page.answer(state, json(living(110)))

    await page.advance(31_000)

    expect(meanwhile).not.toContain('warning')
    expect(page.states()).toContain('warning')
  })
})

describe('an extension', () => {
  it('lifts the warning and fetches tokens at once', async () => {
    const page = openPage(100)
    await page.session.acquire()
    await page.advanceBoth(2)

    const known = await page.session.extend()
    await page.settle()

    expect(known.ends_in).toBe(1898)
    expect(page.states()).toEqual(['warning', 'live'])
    expect(page.callsOf('/embed-session/extend')[0]?.body).toEqual({})
    expect(page.callsOf('/generate-embed-tokens')).toHaveLength(1)
  })

  it('lifts the warning of other tabs, which renew their tokens too', async () => {
    const store = createBrowserStore()
    const one = openPage(100, store)
    const other = openPage(100, store)
    await one.session.acquire()
    await other.session.acquire()
    await one.advanceBoth(2)
    await other.advanceBoth(2)
    other.answer(state, json(living(1898)))

    await one.session.extend()
    await other.settle()

    expect(other.states()).toEqual(['warning', 'live'])
    expect(other.callsOf('/generate-embed-tokens')).toHaveLength(1)
  })

  it('that is refused throws what the broker says, and changes nothing', async () => {
    const page = openPage(100)
    await page.session.acquire()
    await page.advanceBoth(2)
    const problem = { type: 'urn:problem-type:looker-token-broker:extension-refused' }
    page.answer(extend, json(problem, 409, { 'retry-after': '30' }))

    const refusal = page.session.extend()

    await expect(refusal).rejects.toMatchObject({
      code: 'extension-refused',
      status: 409,
      retryAfterMs: 30_000,
    })
    expect(page.states()).toEqual(['warning'])
    expect(page.callsOf('/generate-embed-tokens')).toEqual([])
  })
})

const warned = async (answer: Answer) => {
  const page = openPage(100)
  await page.session.acquire()
  await page.advanceBoth(2)
  page.answer(extend, answer)
  return page
}

const tooEarly = json({ type: 'urn:x:extension-refused' }, 409)

describe('an extension whose answer was lost', () => {
  it('counts, though another is refused as too early', async () => {
    const page = await warned(() => {
      if (page.callsOf('/embed-session/extend').length > 1) return tooEarly()
      page.answer(state, json(living(1_898)))
      throw new TypeError('Failed to fetch')
    })

    expect(await page.session.extend()).toMatchObject({ state: 'active', ends_in: 1_898 })

    await page.settle()
    expect(page.states()).toEqual(['warning', 'live'])
    expect(page.callsOf('/generate-embed-tokens')).toHaveLength(1)
  })

  it('counts, though inactivity ends the session next', async () => {
    const inactive = living(90, { warns: 'inactivity' })
    const page = await warned(() => {
      if (page.callsOf('/embed-session/extend').length > 1) return tooEarly()
      page.answer(state, json(inactive))
      throw new TypeError('Failed to fetch')
    })

    expect(await page.session.extend()).toMatchObject({ state: 'active', warns: 'inactivity' })

    expect(page.changes).toMatchObject([{ warns: 'end' }, { warns: 'inactivity' }])
  })

  it('is none for a page that was not warned', async () => {
    const page = openPage(900)
    await page.session.acquire()
    await page.advanceBoth(2)
    page.answer(extend, tooEarly)

    await expect(page.session.extend()).rejects.toMatchObject({ code: 'extension-refused' })
  })

  it('is none where it was activity that lifted the warning', async () => {
    const page = openPage(100, createBrowserStore(), { warns: 'inactivity' })
    await page.session.acquire()
    await page.advanceBoth(2)
    page.answer(extend, tooEarly)
    page.answer(state, json(living(900, { warns: 'inactivity' })))

    await expect(page.session.extend()).rejects.toMatchObject({ code: 'extension-refused' })
    expect(page.states()).toEqual(['warning', 'live'])
  })

  it('says that it is over, where the session ended meanwhile', async () => {
    const page = await warned(json({ type: 'urn:x:not-found' }, 404))
    page.endNow('administrator')

    await expect(page.session.extend()).rejects.toMatchObject({ code: 'not-found' })

    expect(page.changes.at(-1)).toMatchObject({ state: 'ended', reason: 'administrator' })
  })
})

describe('the end by a rule', () => {
  it('is told with its reason, though the broker cannot be asked any more', async () => {
    const page = openPage(130)
    await page.session.acquire()
    await page.advanceBoth(12)
    page.answer(state, () => {
      page.answer(state, undefined)
      return json(ended('inactive'))()
    })

    await page.sleep(1_000)

    expect(page.changes.at(-1)).toEqual({
      state: 'ended',
      reason: 'inactive',
      signInRequired: true,
    })
  })

  it('is told when the broker is back, where it was away at the time', async () => {
    const page = openPage(130)
    await page.session.acquire()
    await page.advanceBoth(12)
    page.answer(state, undefined)
    await page.advance(10 * minute)
    const meanwhile = page.states()
    page.endNow('expired')
    page.answer(state, json(ended('expired')))

    await page.advance(minute)

    expect(meanwhile).toEqual(['warning'])
    expect(page.changes.at(-1)).toMatchObject({ state: 'ended', reason: 'expired' })
  })

  it('is what a tab says that wakes after hours with a sign-in token of before', async () => {
    const page = openPage(130)
    await page.session.acquire()
    await page.advanceBoth(12)
    page.endNow('expired')
    // The gateway refuses the first, and the page cannot read that.
    page.answer(state, () => {
      page.answer(state, json(ended('expired')))
      throw new TypeError('Failed to fetch')
    })

    await page.sleep(8 * 60 * minute)

    expect(page.states()).toEqual(['warning', 'ended'])
    expect(page.changes.at(-1)).toMatchObject({ reason: 'expired', signInRequired: true })
  })

  it('is noticed when it comes, and gives no more tokens', async () => {
    const page = openPage(130)
    await page.session.acquire()

    await page.advanceBoth(135)

    expect(page.changes.at(-1)).toEqual({
      state: 'ended',
      reason: 'expired',
      signInRequired: true,
    })
    expect(await page.session.generate(tokens(1))).toEqual({ session_reference_token_ttl: 0 })
  })

  it('that one tab notices ends all tabs of the browser, once each', async () => {
    const store = createBrowserStore()
    const one = openPage(130, store)
    const other = openPage(3_000, store)
    await one.session.acquire()
    await other.session.acquire()
    await other.advanceBoth(2)
    other.answer(state, () => {
      other.answer(state, undefined)
      return json(ended('inactive'))()
    })

    await one.advanceBoth(135)
    await other.settle()

    for (const page of [one, other])
      expect(page.states().filter((name) => name === 'ended')).toHaveLength(1)
    expect(other.changes.at(-1)).toMatchObject({ reason: 'inactive', signInRequired: true })
  })

  it('leaves a tab alone whose session still lives', async () => {
    const store = createBrowserStore()
    const one = openPage(130, store)
    const other = openPage(3_000, store)
    await one.session.acquire()
    await other.session.acquire()

    await one.advanceBoth(135)
    await other.settle()

    expect(other.states()).not.toContain('ended')
  })

  it('takes the warning’s timers with it, and a new session is watched again', async () => {
    const page = openPage(130)
    await page.session.acquire()
    await page.advanceBoth(135)
    const asked = page.callsOf('/embed-session').length
    await page.advance(10 * minute)
    const askedLater = page.callsOf('/embed-session').length
    page.answer(state, json(living(90)))

    await page.session.acquire()
    await page.advance(1_000)

    expect(askedLater).toBe(asked)
    expect(page.states().at(-1)).toBe('warning')
  })
})

const cookieOf = async (staySignedIn: boolean | undefined, found = '') => {
  const written: string[] = []
  const cookies = {
    read: () => written.at(-1)?.split(';')[0] ?? found,
    write: (cookie: string) => void written.push(cookie),
  }
  const options = staySignedIn === undefined ? {} : { staySignedIn }
  const store = { ...createBrowserStore(), cookies }
  const page = createPage({ [acquire]: json(acquired(1)) }, options, store)
  await page.session.acquire()
  return { written, body: page.calls[0]?.body }
}

describe('staying signed in', () => {
  it('is asked for with every acquire, and the key of the browser lasts', async () => {
    const { written, body } = await cookieOf(true)

    expect(body).toEqual({ stay_signed_in: true })
    expect(written).toEqual([expect.stringContaining('Max-Age=31536000')])
  })

  it('refused, the key ends with the browser session', async () => {
    const { written, body } = await cookieOf(false)

    expect(body).toEqual({})
    expect(written).toHaveLength(1)
    expect(written[0]).not.toMatch(/max-age|expires/i)
  })

  it('left out, all is as ever', async () => {
    const { written, body } = await cookieOf(undefined)

    expect(body).toEqual({})
    expect(written).toEqual([expect.stringContaining('Max-Age=31536000')])
  })

  it.each([
    [true, [expect.stringMatching(/^__Host-looker-device=a{22};.*Max-Age/)]],
    [false, ['__Host-looker-device=aaaaaaaaaaaaaaaaaaaaaa; Path=/; Secure; SameSite=Strict']],
    [undefined, []],
  ])('%s: a key that is there keeps its value', async (choice, expected) => {
    const { written } = await cookieOf(choice, `__Host-looker-device=${'a'.repeat(22)}`)

    expect(written).toEqual(expected)
  })
})
