// docs/doctor.md names the checks that there are, in their order, with what each comes after.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { awsChecks, awsClockCheck } from '../../cli/doctor/aws-checks.ts'
import { deployedSettingsCheck } from '../../cli/doctor/deployed-settings.ts'
import { functionCheck } from '../../cli/doctor/examine-stage.ts'
import { jsonReport } from '../../cli/doctor/report.ts'
import { functionChecks } from '../../lib/doctor/examine.ts'
import { checkNames } from '../../lib/doctor/finding.ts'
import { root } from '../local/processes.ts'

const page = readFileSync(join(root, 'docs/doctor.md'), 'utf8')

const namesIn = (cell: string): string[] =>
  [...cell.matchAll(/`([\w-]+)`/g)].map(([, name = '']) => name)

const rows = [...page.matchAll(/^\| `([\w-]+)` +\| .* \| ([^|]*) *\|$/gm)].map(
  ([, name = '', after = '']) => [name, namesIn(after)],
)

describe('the page about the doctor', () => {
  it('has every check, in order, with what it needs', () => {
    const checks = [
      ...awsChecks(),
      functionCheck,
      deployedSettingsCheck,
      ...functionChecks('acme'),
      awsClockCheck,
    ]

    expect(rows).toEqual(checks.map(({ name, needs }) => [name, needs]))
    expect(rows.map(([name]) => name)).toEqual(checkNames)
  })

  it('shows JSON with the fields that there are', () => {
    const [, example = ''] = /```json\n([^]*?)```/.exec(page) ?? []
    const [finding] = JSON.parse(example).findings
    const written = JSON.parse(jsonReport({ stage: 'acme', region: 'eu-central-1' }, [finding]))

    expect(Object.keys(JSON.parse(example))).toEqual(Object.keys(written))
    expect(Object.keys(JSON.parse(example).counts)).toEqual(Object.keys(written.counts))
    expect(JSON.parse(example)).toMatchObject({ healthy: written.healthy, findings: [finding] })
  })
})
