// When a frame is mounted again: after an interruption, and never after an end.
import { describe, expect, it } from 'vitest'
import {
  acquire,
  acquired,
  createBrowserStore,
  createPage,
  createSdk,
  end,
  json,
  state,
} from './page.ts'

const connected = async (tries?: number) => {
  const page = createPage({ [acquire]: json(acquired(1)), [state]: json({ state: 'active' }) })
  const sdk = createSdk()
  const frame = await page.session.connect({ ...sdk.options, ...(tries ? { tries } : {}) })
  return { page, sdk, frame, states: () => page.changes.map((change) => change.state) }
}

const interrupted = { expired: false, interrupted: true }

describe('an interrupted frame', () => {
  it('is mounted again after a pause, with a session that was cleared before', async () => {
    const { page, sdk, states } = await connected()

    sdk.frames[0]?.raise('session:status', interrupted)
    await page.settle()
    expect(sdk.frames).toHaveLength(1)
    await page.advance(2_000)

    expect(sdk.frames).toHaveLength(2)
    expect(sdk.cleared()).toBe(2)
    expect(states()).toEqual(['live', 'interrupted', 'live'])
  })

  it('is given up after so many tries', async () => {
    const { page, sdk, states } = await connected(2)

    for (const number of [0, 1, 2]) {
      sdk.frames[number]?.raise('session:status', interrupted)
      await page.advance(40_000)
    }

    expect(sdk.frames).toHaveLength(3)
    expect(states().at(-1)).toBe('failed')
  })

  it('waits for the end of an outage, however long that lasts', async () => {
    const { page, sdk } = await connected(2)
    page.answer(state, undefined)
    sdk.frames[0]?.raise('session:status', interrupted)
    await page.advance(3_600_000)
    expect(sdk.frames).toHaveLength(1)

    page.answer(state, json({ state: 'active' }))
    await page.advance(31_000)

    expect(sdk.frames).toHaveLength(2)
  })

  it('whose page has no sign-in token any more is given up with that for a reason', async () => {
    let isSignedIn = true
    const getToken = async () => {
      if (!isSignedIn) throw new Error('The sign-in is over')
      return 'token'
    }
    const answers = { [acquire]: json(acquired(1)), [state]: json({ state: 'active' }) }
    const page = createPage(answers, { getToken })
    const sdk = createSdk()
    await page.session.connect(sdk.options)
    isSignedIn = false

    await page.advance(460_000)
    sdk.frames[0]?.raise('session:status', interrupted)
    await page.advance(120_000)

    const problem: unknown = expect.objectContaining({ code: 'no-sign-in-token' })
    expect(page.changes).toEqual([
      { state: 'live' },
      { state: 'waiting', problem },
      { state: 'interrupted' },
      { state: 'failed', problem },
    ])
  })

  it('is not mounted again when the session was ended meanwhile: that would start another', async () => {
    const { page, sdk, states } = await connected()
    await page.advance(2_000)
    page.answer(state, () => {
      page.answer(state, undefined)
      return json({ state: 'ended', reason: 'replaced' })()
    })

    sdk.frames[0]?.raise('session:status', interrupted)
    await page.advance(60_000)

    expect(sdk.frames).toHaveLength(1)
    expect(states()).toEqual(['live', 'interrupted', 'ended'])
    expect(page.changes.at(-1)).toMatchObject({ reason: 'replaced' })
    expect(sdk.frames[0]?.sent).toMatchObject([{ session_reference_token_ttl: 0 }])
  })

  it('is no more of interest when the page closed it', async () => {
    const { page, sdk, frame } = await connected()
    frame.close()

    sdk.frames[0]?.raise('session:status', interrupted)
    await page.advance(60_000)

    expect(sdk.frames).toHaveLength(1)
  })

  it('no longer counts once it was replaced', async () => {
    const { page, sdk } = await connected()
    sdk.frames[0]?.raise('session:status', interrupted)
    await page.advance(2_000)

    sdk.frames[0]?.raise('session:expired')
    sdk.frames[0]?.raise('session:status', interrupted)
    await page.advance(60_000)

    expect(sdk.frames).toHaveLength(2)
    expect(page.changes.at(-1)).toEqual({ state: 'live' })
  })
})

describe('an expired frame', () => {
  it.each([
    ['session:expired', {}],
    ['session:status', { expired: true, interrupted: true }],
  ])('is never mounted again (%s)', async (name, status) => {
    const { page, sdk, states } = await connected()

    sdk.frames[0]?.raise(name, status)
    await page.advance(600_000)

    expect(sdk.frames).toHaveLength(1)
    expect(states()).toEqual(['live', 'ended'])
  })
})

const two = async (stateOfOther: object) => {
  const store = createBrowserStore()
  const answers = { [acquire]: json(acquired(1)), [end]: json({ ended: true, confirmed: true }) }
  const one = createPage(answers, {}, store)
  const other = createPage({ ...answers, [state]: json(stateOfOther) }, {}, store)
  const sdk = createSdk()
  await other.session.connect(sdk.options)
  await one.session.end()
  await other.settle()
  return { other, sdk }
}

describe('another tab', () => {
  it('learns of an end', async () => {
    const { other } = await two({ state: 'ended', reason: 'signed-out' })

    expect(other.changes.at(-1)).toMatchObject({ state: 'ended', reason: 'signed-out' })
  })

  it('goes on when it was the end of somebody else’s session', async () => {
    const { sdk } = await two({ state: 'active' })

    expect(sdk.frames[0]?.sent).toEqual([])
  })
})
