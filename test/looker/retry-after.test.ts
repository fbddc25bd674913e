// Retry-After in all its forms, valid and not.
import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { retryAfterMsOf } from '../../lib/looker/retry-after.ts'

const nowAtMs = Date.UTC(1994, 10, 6, 8, 49, 0)

describe('a Retry-After header', () => {
  it.each([
    ['seconds', '5', 5_000],
    ['zero', '0', 0],
    ['blanks around', ' 12 ', 12_000],
    ['a negative number', '-5', 0],
    ['just inside the hour', '3600', 3_600_000],
    ['just outside the hour', '3601', 3_600_000],
    ['a huge number', '9'.repeat(400), 3_600_000],
    ['an IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['an RFC 850 date', 'Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['an asctime date', 'Sun Nov  6 08:49:37 1994', 37_000],
    ['a date in the past', 'Sun, 06 Nov 1994 08:48:59 GMT', 0],
    ['a date far ahead', 'Wed, 06 Nov 2094 08:49:37 GMT', 3_600_000],
  ])('is read: %s', (_, header, waitMs) => {
    const read = retryAfterMsOf(header, nowAtMs)

    expect(read).toBe(waitMs)
  })

  it.each([
    ['absent', undefined],
    ['empty', ''],
    ['a word', 'soon'],
    ['a fraction', '1.5'],
    ['a number with a unit', '5 s'],
    ['a number that Date.parse takes for a day', '5 apples'],
    ['two values', '5, 10'],
    ['a hexadecimal number', '0x10'],
    ['an ISO date', '1994-11-06T08:49:37Z'],
    ['a date of another zone', 'Sun, 06 Nov 1994 08:49:37 PST'],
    ['a day that does not exist', 'Sun, 99 Nov 1994 08:49:37 GMT'],
  ])('is ignored: %s', (_, header) => {
    const read = retryAfterMsOf(header, nowAtMs)

    expect(read).toBeUndefined()
  })

  it('means Greenwich time, wherever the process runs', () => {
    const module = new URL('../../lib/looker/retry-after.ts', import.meta.url).href
    const program = `
      const { retryAfterMsOf } = await import(${JSON.stringify(module)})
      console.log(retryAfterMsOf('Thu Jan  1 00:00:09 1970', 0))`
    const flags = ['--import', 'tsx', '--input-type=module', '--eval', program]

    const printed = execFileSync(process.execPath, flags, {
      env: { PATH: '/usr/bin', TZ: 'America/New_York' },
      encoding: 'utf8',
    })

    expect(printed.trim()).toBe('9000')
  })
})
