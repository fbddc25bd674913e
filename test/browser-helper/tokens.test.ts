// What keeps a page's tokens alive: they are renewed early, no failure reaches the Embed SDK, and only the
// end of the session ends it.
import { describe, expect, it } from 'vitest'
import {
  acquire,
  acquired,
  createPage,
  createSdk,
  end,
  generate,
  json,
  state,
  tokens,
} from './page.ts'

const generatePath = '/generate-embed-tokens'

const connected = async (first = acquired(1)) => {
  let number = 1
  const page = createPage({
    [acquire]: json(first),
    [generate]: () => Response.json(tokens(++number)),
    [state]: json({ state: 'active' }),
  })
  const sdk = createSdk()
  const frame = await page.session.connect(sdk.options)
  return { page, sdk, frame }
}

describe('early refresh', () => {
  it('comes 150 s before the end, and gives the frame its tokens', async () => {
    const { page, sdk } = await connected()

    await page.advance(449_000)
    expect(page.callsOf(generatePath)).toHaveLength(0)
    await page.advance(2_000)

    expect(page.callsOf(generatePath)).toHaveLength(1)
    expect(sdk.frames[0]?.sent).toEqual([tokens(2)])
  })

  it('comes at half the life of short tokens', async () => {
    const { page } = await connected(acquired(1, 200))

    await page.advance(99_000)
    expect(page.callsOf(generatePath)).toHaveLength(0)
    await page.advance(2_000)

    expect(page.callsOf(generatePath)).toHaveLength(1)
  })

  it('never hurries, however short the tokens live', async () => {
    const { page } = await connected(acquired(1, 2))

    await page.advance(9_000)

    expect(page.callsOf(generatePath)).toHaveLength(0)
  })

  it('hands the same tokens to the Embed SDK, with the seconds that are left', async () => {
    const { page } = await connected()
    await page.advance(460_000)

    const given = await page.session.generate(tokens(1))

    expect(given).toEqual({ ...tokens(2, 590), session_reference_token_ttl: 35_990 })
    expect(page.callsOf(generatePath)).toHaveLength(1)
  })

  it('does not put the Embed SDK off with tokens that ended before the next were due', async () => {
    const { page } = await connected(acquired(1, 5))
    await page.advance(6_000)

    expect(await page.session.generate(tokens(0))).toEqual(tokens(2))
  })

  it('comes at once when a sleeping tab wakes', async () => {
    const { page, sdk } = await connected()

    await page.sleep(3_600_000)

    expect(sdk.frames[0]?.sent).toEqual([tokens(2)])
  })

  it('stops when the page closed the frame', async () => {
    const { page, frame } = await connected()
    frame.close()

    await page.advance(3_600_000)

    expect(page.callsOf(generatePath)).toHaveLength(0)
  })
})

describe('generate', () => {
  it('answers in time with the page’s own tokens while the broker is away, and goes on trying', async () => {
    const { page, sdk } = await connected()
    page.answer(generate, undefined)
    await page.advance(500_000)
    const answer = page.session.generate(tokens(1))

    await page.advance(20_000)

    expect(await answer).toEqual({ ...tokens(1, 80), session_reference_token_ttl: 35_480 })
    expect(page.changes.map((change) => change.state)).toEqual(['live', 'waiting'])
    page.answer(generate, json(tokens(9)))
    await page.advance(30_000)
    expect(sdk.frames[0]?.sent.at(-1)).toEqual(tokens(9))
    expect(page.changes.map((change) => change.state)).toEqual(['live', 'waiting', 'live'])
  })

  it('never says 0 seconds, however long an outage lasts', async () => {
    const { page } = await connected(acquired(1, 600, 1200))
    page.answer(generate, json({ message: 'down' }, 503))
    await page.advance(7_200_000)
    const answer = page.session.generate(tokens(1))

    await page.advance(20_000)

    expect(await answer).toEqual(tokens(1, 1, 1))
  })

  it('waits as long as it is told to, and asks less and less often', async () => {
    const { page } = await connected()
    page.answer(generate, json({}, 429, { 'retry-after': '100' }))

    await page.advance(450_000 + 99_000)
    expect(page.callsOf(generatePath)).toHaveLength(1)
    await page.advance(2_000)
    expect(page.callsOf(generatePath)).toHaveLength(2)

    page.answer(generate, json({}, 503))
    const before = page.callsOf(generatePath).length
    await page.advance(400_000)
    expect(page.callsOf(generatePath).length - before).toBeLessThan(20)
  })

  it.each([null, '', false])('does not take %j for the 0 that ends a session', async (life) => {
    const { page, sdk } = await connected()
    page.answer(generate, json({ ...tokens(2), session_reference_token_ttl: life }))

    await page.advance(451_000)

    expect(sdk.frames[0]?.sent).toEqual([])
    expect(page.changes.at(-1)?.state).toBe('waiting')
  })

  it('cuts its pause short when the tab wakes', async () => {
    const { page, sdk } = await connected()
    page.answer(generate, json({}, 429, { 'retry-after': '1000' }))
    await page.advance(451_000)
    page.answer(generate, json(tokens(2)))

    await page.sleep(1_000)

    expect(sdk.frames[0]?.sent).toEqual([tokens(2)])
  })

  it('takes no old word for the end when there was an acquire meanwhile', async () => {
    const { page, sdk } = await connected()
    let reply: ((response: Response) => void) | undefined
    page.answer(
      generate,
      () =>
        new Promise((resolve) => {
          reply = resolve
        }),
    )
    await page.advance(451_000)
    page.answer(acquire, json(acquired(5)))
    await page.session.acquire()

    reply?.(Response.json({ session_reference_token_ttl: 0 }))
    await page.settle()

    expect(sdk.frames[0]?.sent).toEqual([tokens(5)])
  })

  it('takes the same tokens, given back, as a reason to ask again', async () => {
    const { page, sdk } = await connected()
    page.answer(generate, json(tokens(1, 100)))
    await page.advance(451_000)
    expect(sdk.frames[0]?.sent).toEqual([])

    page.answer(generate, json(tokens(2)))
    await page.advance(3_000)

    expect(sdk.frames[0]?.sent).toEqual([tokens(2)])
  })

  it('makes one call for all who ask at once', async () => {
    const { page } = await connected()

    await Promise.all([page.session.generate(tokens(1)), page.session.generate(tokens(1))])

    expect(page.callsOf(generatePath)).toHaveLength(1)
  })

  it('serves a page that acquired by itself', async () => {
    const page = createPage({ [generate]: json(tokens(2)) })

    expect(await page.session.generate(tokens(1))).toEqual(tokens(2))
  })
})

describe('the end', () => {
  it('by the broker’s word reaches every frame and the page, and asks nobody again', async () => {
    const { page, sdk } = await connected()
    page.answer(generate, json({ session_reference_token_ttl: 0 }))
    page.answer(state, json({ state: 'ended', reason: 'replaced', sign_in_required: true }))

    await page.advance(460_000)

    expect(sdk.frames[0]?.sent).toMatchObject([{ session_reference_token_ttl: 0 }])
    expect(page.changes.at(-1)).toEqual({
      state: 'ended',
      reason: 'replaced',
      signInRequired: true,
    })
    const asked = page.calls.length
    await page.advance(7_200_000)
    expect(await page.session.generate(tokens(1))).toEqual({ session_reference_token_ttl: 0 })
    expect(page.calls).toHaveLength(asked)
  })

  it('by the page is not assumed when the broker was not reached', async () => {
    const { page, sdk } = await connected()

    await expect(page.session.end()).rejects.toMatchObject({ code: 'unreachable' })

    expect(sdk.frames[0]?.sent).toEqual([])
    const sent = page.callsOf('/embed-session').map(({ method }) => method)
    expect(sent).toEqual(['DELETE', 'DELETE'])
    page.answer(end, json({ ended: true, confirmed: true }))
    await page.session.end()
    expect(sdk.frames[0]?.sent).toMatchObject([{ session_reference_token_ttl: 0 }])
  })

  it('is forgotten when the page connects again', async () => {
    const { page, sdk } = await connected()
    page.answer(end, json({ ended: true, confirmed: true }))
    await page.session.end()

    await page.session.connect(sdk.options)
    await page.advance(460_000)

    expect(sdk.frames[1]?.sent).toEqual([tokens(2)])
  })
})
