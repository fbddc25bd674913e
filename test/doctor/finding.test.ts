import { describe, expect, it } from 'vitest'
import { failed, examined, ok, skipped, warning } from '../../lib/doctor/finding.ts'
import type { Check, CheckName, Verdict } from '../../lib/doctor/finding.ts'

const check = (name: CheckName, needs: CheckName[], verdict: Verdict): Check<undefined> => ({
  name,
  needs,
  judge: () => verdict,
})

const standings = (checks: readonly Check<undefined>[]) =>
  examined(checks, undefined).map(({ check: name, standing }) => [name, standing])

describe('a check', () => {
  it('is skipped when what it needs failed, and so is what needs it in turn', () => {
    const findings = examined(
      [
        check('secret', [], failed('none', 'store one')),
        check('login', ['secret'], failed('refused', '')),
        check('rights', ['login'], failed('none', '')),
      ],
      undefined,
    )

    const because = { standing: 'skipped', what: 'Not examined, because of secret.', remedy: null }
    expect(findings).toEqual([
      { check: 'secret', standing: 'failed', what: 'none', remedy: 'store one' },
      { check: 'login', ...because },
      { check: 'rights', ...because },
    ])
  })

  it.each([
    ['only warned', warning('old', 'update')],
    ['had nothing to look at', skipped('nothing there')],
    ['is well', ok('well')],
  ])('is made when what it needs %s', (_, verdict) => {
    const checks = [check('looker', [], verdict), check('login', ['looker'], ok('in'))]

    expect(standings(checks)[1]).toEqual(['login', 'ok'])
  })

  it('that needs nothing of what failed is made', () => {
    const checks = [check('secret', [], failed('none', '')), check('looker', [], ok('there'))]

    expect(standings(checks)).toEqual([
      ['secret', 'failed'],
      ['looker', 'ok'],
    ])
  })
})
