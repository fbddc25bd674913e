import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseEnvironment, systemServices } from '../lib/broker.ts'
import { systemClock } from '../lib/system.ts'
import { version } from '../lib/version.ts'

const complete = { STAGE: 'acme', TABLE_NAME: 'table', KEY_ID: 'key' }

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the environment', () => {
  it('gives stage, table and key', () => {
    const environment = parseEnvironment({ ...complete, OTHER: 'x' })

    expect(environment).toEqual({ stage: 'acme', tableName: 'table', keyId: 'key' })
  })

  it.each([
    [{}, 'STAGE, TABLE_NAME, KEY_ID'],
    [{ STAGE: 'acme' }, 'TABLE_NAME, KEY_ID'],
    [{ ...complete, KEY_ID: '' }, 'KEY_ID'],
    [{ ...complete, TABLE_NAME: undefined }, 'TABLE_NAME'],
  ])('%j is refused with every name that is missing', (variables, names) => {
    expect(() => parseEnvironment(variables)).toThrow(
      expect.objectContaining({
        code: 'misconfigured',
        message: `Missing in the environment: ${names}.`,
      }),
    )
  })
})

describe('the real services', () => {
  const environment = { stage: 'acme', tableName: 'table', keyId: 'key' }

  it('are made without a call, and report to the log', () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)

    const services = systemServices(environment)
    services.report({ name: 'renewal-limited', retry_in_ms: 9, user_id: null, workspace: 'dev' })

    expect(log.mock.calls).toEqual([
      [
        '{"stage":"acme","name":"renewal-limited","retry_in_ms":9,"user_id":null,"workspace":"dev"}',
      ],
    ])
  })

  it('have randomness of the length that is asked for, never the same', () => {
    const { randomBytes, chance } = systemServices(environment)

    const drawn = [randomBytes(16), randomBytes(16)].map((bytes) => Buffer.from(bytes))

    expect(drawn.map(({ length }) => length)).toEqual([16, 16])
    expect(drawn[0]?.equals(drawn[1] ?? Buffer.alloc(0))).toBe(false)
    expect(chance()).toBeLessThan(1)
  })
})

describe('the real clock', () => {
  it('ends a sleep at once when its signal aborts, before or during it', async () => {
    const during = new AbortController()
    const sleeping = systemClock.sleep(3_600_000, during.signal)
    during.abort()

    const ended = await Promise.all([sleeping, systemClock.sleep(3_600_000, AbortSignal.abort())])

    expect(ended).toEqual([undefined, undefined])
  })
})

describe('the version', () => {
  it('is that of package.json', () => {
    const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

    expect(version).toBe(manifest.version)
  })
})
