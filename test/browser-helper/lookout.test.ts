// When the broker is asked how the session stands, and which of its answers count: a later word beats an earlier one,
// whichever comes first.
import { describe, expect, it } from 'vitest'
import type { SessionState } from '../../lib/browser/answers.ts'
import { createLookout } from '../../lib/browser/lookout.ts'

const iso = (seconds: number) => new Date(Date.UTC(2031, 0, 1) + seconds * 1000).toISOString()

const living = (seconds: number): SessionState => ({
  state: 'active',
  ends_at: iso(seconds),
  ends_in: seconds,
  ended_at: null,
  reason: null,
  sign_in_required: false,
  warn_at: iso(seconds - 120),
  warns: 'end',
  may_extend: false,
  extends_to: null,
  idle_ends_at: null,
  stays_signed_in: false,
})

const ended: SessionState = { ...living(0), state: 'ended', reason: 'expired' }
const unruled: SessionState = { ...living(300), warn_at: null, warns: null }

type Asked = { readonly answer: (state: SessionState) => void; readonly fail: () => void }

const watch = () => {
  let nowAtMs = 0
  const wakes: (() => void)[] = []
  const timers = new Set<{ readonly atMs: number; readonly run: () => void }>()
  const asked: Asked[] = []
  const told: string[] = []
  const lookout = createLookout({
    surroundings: {
      now: () => nowAtMs,
      setTimer: (run, ms) => {
        const timer = { atMs: nowAtMs + ms, run }
        timers.add(timer)
        return () => timers.delete(timer)
      },
      onWake: (run) => {
        wakes.push(run)
      },
    },
    readState: () =>
      new Promise((resolve, reject) => {
        asked.push({ answer: resolve, fail: () => reject(new Error('away')) })
      }),
    finish: () => {
      told.push('finished')
      lookout.stop()
    },
    onChange: ({ state }) => told.push(state),
    onTaken: () => {},
  })
  return {
    lookout,
    asked,
    told,
    timers: () => timers.size,
    wake: () => {
      for (const run of wakes) run()
    },
    advance: (ms: number) => {
      nowAtMs += ms
      for (const timer of [...timers].filter(({ atMs }) => atMs <= nowAtMs)) {
        timers.delete(timer)
        timer.run()
      }
    },
    /** The broker's word to the latest question. */
    answer: async (state: SessionState) => {
      asked.at(-1)?.answer(state)
      await settle()
    },
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

const begun = async (state: SessionState) => {
  const page = watch()
  page.lookout.begin()
  page.advance(1_000)
  await page.answer(state)
  return page
}

describe('the broker is asked', () => {
  it('once for frames that open together', () => {
    const page = watch()

    page.lookout.begin()
    page.advance(500)
    page.lookout.begin()
    page.advance(1_000)

    expect(page.asked).toHaveLength(1)
  })

  it('not by a page that has no session, whatever other tabs say', async () => {
    const page = watch()

    await page.lookout.look()
    page.lookout.take(living(60))
    page.advance(86_400_000)

    expect(page.asked).toEqual([])
    expect(page.told).toEqual([])
  })

  it('not any more after the end, and no timer is left', async () => {
    const page = await begun(living(300))
    page.lookout.take(ended)

    await page.lookout.look()
    page.wake()

    expect(page.told).toEqual(['finished'])
    expect(page.asked).toHaveLength(1)
    expect(page.timers()).toBe(0)
  })

  it('as a tab wakes up, but for a session without a policy', async () => {
    const ruled = await begun(living(300))
    const free = await begun(unruled)

    ruled.wake()
    free.wake()

    expect(ruled.asked).toHaveLength(2)
    expect(free.asked).toHaveLength(1)
  })

  it('as a tab wakes up before it had an answer, which may be from before the sleep', async () => {
    const page = watch()
    page.lookout.begin()
    page.advance(1_000)

    page.wake()
    page.asked[0]?.answer(living(1_800))
    await page.answer(living(60))

    expect(page.asked).toHaveLength(2)
    expect(page.told).toEqual(['warning'])
  })

  it('no more once the policy is switched off', async () => {
    const page = await begun(living(300))
    page.wake()
    await page.answer(unruled)

    page.advance(86_400_000)

    expect(page.asked).toHaveLength(2)
    expect(page.timers()).toBe(0)
  })
})

describe('an answer that comes late', () => {
  it('does not take an extension back', async () => {
    const page = await begun(living(60))
    page.wake()
    page.lookout.take(living(1_860))

    await page.answer(living(60))

    expect(page.told).toEqual(['warning', 'live'])
  })

  it('that is a failure does not have the broker asked again', async () => {
    const page = await begun(living(60))
    page.wake()
    page.lookout.take(living(1_860))

    page.asked.at(-1)?.fail()
    await settle()
    page.advance(60_000)

    expect(page.asked).toHaveLength(2)
  })

  it('of the session before does not end the new one', async () => {
    const page = await begun(living(60))
    page.wake()
    page.lookout.begin()

    await page.answer(ended)

    expect(page.told).toEqual(['warning'])
  })
})
