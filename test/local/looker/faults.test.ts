import { describe, expect, it } from 'vitest'
import { createFaults } from '../../../local/looker/faults.ts'

const slow = { kind: 'slow', ms: 5 } as const
const hang = { kind: 'hang' } as const

const faulty = () => {
  let nowMs = 0
  const faults = createFaults(() => nowMs)
  faults.set('every', slow)
  faults.queue('me', [hang])
  const take = (atMs: number) => {
    nowMs = atMs
    return faults.take('me')
  }
  return { faults, take }
}

describe('a simulated Looker that is away for a while', () => {
  it('answers 503 until then, and shows the other faults after that', () => {
    const { faults, take } = faulty()
    faults.beAwayUntil(1_000)

    expect(take(0)).toEqual({ kind: 'status', status: 503 })
    expect(take(999)).toEqual({ kind: 'status', status: 503 })
    expect(faults.list()).toHaveLength(3)
    expect([take(1_000), take(1_000)]).toEqual([hang, slow])
    expect(faults.list()).toHaveLength(1)
  })

  it('stays away for longer when it is said again, and is back when faults are cleared', () => {
    const { faults, take } = faulty()
    faults.beAwayUntil(1_000)
    faults.beAwayUntil(1_500)

    expect(take(1_200)).toMatchObject({ status: 503 })
    faults.clear()
    expect(take(1_200)).toBeUndefined()
  })
})
