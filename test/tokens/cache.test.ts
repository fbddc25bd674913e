import { describe, expect, test } from 'vitest'
import { createTokenMemory } from '../../lib/tokens/cache.ts'
import { createFlights } from '../../lib/tokens/flights.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import { service, tokenWith } from './samples.ts'

const others: readonly [string, Principal][] = [
  ['instance', { ...service, instance: 'https://other.example.com' }],
  ['client', { ...service, clientId: 'other' }],
  ['user', { ...service, userId: '1' }],
  ['workspace', { ...service, workspace: 'dev' }],
]

describe('the memory of tokens', () => {
  test.each(others)('a token is not remembered for a principal of another %s', (_, other) => {
    const memory = createTokenMemory()

    memory.keep(service, tokenWith())

    expect(memory.get(service)).toBeDefined()
    expect(memory.get(other)).toBeUndefined()
  })

  test('of two published tokens the one of the higher generation stays, whichever came first', () => {
    const memory = createTokenMemory()
    const older = tokenWith({ generation: 7, issuedAtMs: 100 })
    const newer = tokenWith({ generation: 8, issuedAtMs: 0, expiresAtMs: 3_500_000 })

    memory.keep(service, newer)

    expect(memory.keep(service, older)).toBe(newer)
    expect(memory.get(service)).toBe(newer)
    expect(createTokenMemory().keep(service, older)).toBe(older)
  })

  test('a token made after the known one had ended replaces it, also with a lower generation', () => {
    const memory = createTokenMemory()
    const known = tokenWith({ generation: 9e14 })
    memory.keep(service, known)

    const early = memory.keep(service, tokenWith({ generation: 8, issuedAtMs: 3_599_999 }))
    const after = memory.keep(service, tokenWith({ generation: 8, issuedAtMs: 3_600_000 }))

    expect(early).toBe(known)
    expect(after.generation).toBe(8)
  })

  test('a token of this process alone counts by when it was made, and gives way to its published self', () => {
    const memory = createTokenMemory()
    memory.keep(service, tokenWith({ generation: 0, issuedAtMs: 1_000 }))

    memory.keep(service, tokenWith({ generation: 7, issuedAtMs: 999 }))
    const older = memory.get(service)?.generation
    memory.keep(service, tokenWith({ generation: 7, issuedAtMs: 1_000 }))

    expect(older).toBe(0)
    expect(memory.get(service)?.generation).toBe(7)
  })

  test('the oldest token goes when there are too many', () => {
    const memory = createTokenMemory(2)
    const users = ['1', '2', '3'].map((userId) => ({ ...service, userId }))

    for (const user of users) memory.keep(user, tokenWith())

    expect(users.map((user) => memory.get(user) !== undefined)).toEqual([false, true, true])
  })

  test('a wish to rest is kept until a newer token comes, and only where there is a token', () => {
    const memory = createTokenMemory()
    memory.rest(service, 500)
    const without = memory.restsUntilMs(service)
    memory.keep(service, tokenWith())
    memory.rest(service, 500)
    const resting = memory.restsUntilMs(service)

    memory.keep(service, tokenWith({ generation: 8 }))

    expect([without, resting, memory.restsUntilMs(service)]).toEqual([0, 500, 0])
  })
})

const fail = () => Promise.reject(new Error('no'))

describe('flights', () => {
  test('calls with one key share one run, calls with another do not', async () => {
    const flights = createFlights<number>()
    let runs = 0
    const start = async () => ++runs

    const results = await Promise.all([
      flights('a', start),
      flights('a', start),
      flights('b', start),
    ])

    expect(results).toEqual([1, 1, 2])
  })

  test('a failure reaches all who wait, and is not remembered', async () => {
    const flights = createFlights<number>()

    const results = await Promise.allSettled([flights('a', fail), flights('a', fail)])

    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await flights('a', async () => 1)).toBe(1)
  })

  test('a result is not remembered either: that is for the memory', async () => {
    const flights = createFlights<number>()

    await flights('a', async () => 1)

    expect(await flights('a', async () => 2)).toBe(2)
  })
})
