// One result for everybody who asks the same at nearly the same time.
import { describe, expect, it } from 'vitest'
import { createCoalesce } from '../../lib/embed/coalesce.ts'

const setUp = (limit?: number) => {
  const clock = { ms: 0, monotonic: () => clock.ms }
  let runs = 0
  const coalesce = createCoalesce<string>({
    clock,
    keptMs: 5_000,
    ...(limit === undefined ? {} : { limit }),
  })
  const ask = (key: string, value = 'result') =>
    coalesce(key, async () => {
      runs += 1
      if (value === 'failure') throw new Error('failed')
      return { value, atMs: clock.ms }
    })
  return { clock, ask, runs: () => runs }
}

describe('asking the same', () => {
  it('at once runs once', async () => {
    const { ask, runs } = setUp()
    await Promise.all([ask('a'), ask('a'), ask('b')])
    expect(runs()).toBe(2)
  })

  it('within 5 s gives the result with the time at which it was had', async () => {
    const { ask, clock, runs } = setUp()
    clock.ms = 100
    await ask('a')
    clock.ms = 5_099
    expect(await ask('a')).toEqual({ value: 'result', atMs: 100 })
    expect(runs()).toBe(1)
    clock.ms = 5_100
    await ask('a')
    expect(runs()).toBe(2)
  })

  it('runs again after a failure', async () => {
    const { ask, runs } = setUp()
    await ask('a', 'failure').catch(() => undefined)
    await ask('a')
    expect(runs()).toBe(2)
  })

  it('keeps no more than so many results', async () => {
    const { ask, runs } = setUp(2)
    for (const key of ['a', 'b', 'c']) await ask(key)
    await ask('b')
    await ask('c')
    expect(runs()).toBe(3)
    await ask('a')
    expect(runs()).toBe(4)
  })
})
