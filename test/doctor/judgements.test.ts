import { describe, expect, it } from 'vitest'
import { aheadMsOf, judgeClocks } from '../../lib/doctor/clock-difference.ts'
import { compareDomains } from '../../lib/doctor/domains.ts'
import { isBefore } from '../../lib/doctor/release.ts'

const clocks = { theirs: 'Looker', ours: 'this machine', remedy: 'set it' }

describe('two clocks', () => {
  it.each([
    [0, 'ok'],
    [5_000, 'ok'],
    [-5_000, 'ok'],
    [5_001, 'warning'],
    [-5_001, 'warning'],
    [30_000, 'warning'],
    [30_001, 'failed'],
    [-30_001, 'failed'],
  ])('that differ by %i ms are %s', (aheadMs, standing) => {
    expect(judgeClocks(aheadMs, clocks).standing).toBe(standing)
  })

  it('are told apart by who is ahead', () => {
    expect(judgeClocks(20_000, clocks).what).toBe(
      'The clock of Looker is 20 s ahead of that of this machine.',
    )
    expect(judgeClocks(-20_000, clocks).what).toBe(
      'The clock of Looker is 20 s behind that of this machine.',
    )
  })

  it('cannot be compared when one does not tell', () => {
    expect(judgeClocks(undefined, clocks).standing).toBe('skipped')
  })

  it.each([
    ['Thu, 01 Jan 1970 00:01:00 GMT', 0, 0, 60_500],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 60_000, 60_000, -59_500],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0, 0, 500],
    // Asked at 0 s, answered at 20 s: whatever was written between proves nothing.
    ['Thu, 01 Jan 1970 00:00:01 GMT', 0, 20_000, -0],
    ['Thu, 01 Jan 1970 00:00:19 GMT', 0, 20_000, 0],
    ['Thu, 01 Jan 1970 00:00:40 GMT', 0, 20_000, 20_500],
    ['noon', 0, 0, undefined],
    [undefined, 0, 0, undefined],
  ])('by %s, between %i and %i, differ by at least %s ms', (header, sent, received, expected) => {
    expect(aheadMsOf(header, { sentAtMs: sent, receivedAtMs: received })).toBe(expected)
  })
})

describe('a release', () => {
  it.each([
    ['23.6.1', '23.8', true],
    ['23.8', '23.8', false],
    ['23.10.2', '23.8', false],
    ['22.20.0', '23.8', true],
    ['24.0.1', '23.8', false],
  ])('%s before %s: %s', (release, other, expected) => {
    expect(isBefore(release, other)).toBe(expected)
  })
})

describe("Looker's list of embed domains", () => {
  const page = 'https://portal.example.com'

  it.each<[string, string[], 'allowed' | 'slashed' | 'missing']>([
    ['the page itself', [page], 'allowed'],
    ['the page in capitals', ['HTTPS://Portal.Example.com'], 'allowed'],
    ['a pattern for it', ['https://*.example.com'], 'allowed'],
    ['a pattern in the middle', ['https://portal.*.com'], 'allowed'],
    ['a slash at the end', [`${page}/`], 'slashed'],
    ['a slash after a pattern', ['https://*.example.com/'], 'slashed'],
    ['it with and without a slash', [`${page}/`, page], 'allowed'],
    ['nothing', [], 'missing'],
    ['another scheme', ['http://portal.example.com'], 'missing'],
    ['another port', [`${page}:8443`], 'missing'],
    ['a pattern for others', ['https://*.example.org'], 'missing'],
    ['a slash after another page', ['https://other.example.com/'], 'missing'],
    ['dots as such', ['https://portalxexample.com'], 'missing'],
  ])('with %s', (_, entries, expected) => {
    const { allowed, slashed, missing } = compareDomains([page], entries)

    const found = { allowed: allowed.length, slashed: slashed.length, missing: missing.length }
    expect(found).toEqual({ allowed: 0, slashed: 0, missing: 0, [expected]: 1 })
  })

  it('names of several pages those that are missing', () => {
    const other = 'https://other.example.com'

    expect(compareDomains([page, other], [page]).missing).toEqual([other])
  })
})
