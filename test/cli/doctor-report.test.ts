import { describe, expect, it } from 'vitest'
import { jsonReport, textReport } from '../../cli/doctor/report.ts'
import type { Finding } from '../../lib/doctor/finding.ts'

const plain = (_: unknown, text: string): string => text
const because = {
  standing: 'skipped',
  what: 'Not examined, because of key.',
  remedy: null,
} as const

const well: Finding = { check: 'table', standing: 'ok', what: 'There.', remedy: null }
const old: Finding = { check: 'key-rotation', standing: 'warning', what: 'Not.', remedy: 'Do.' }
const broken: Finding = { check: 'key', standing: 'failed', what: 'Off.', remedy: 'Switch on.' }

describe('the report for people', () => {
  it('has a line for each check, the remedy below, and a summary at the end', () => {
    const findings: Finding[] = [well, broken, { check: 'key-policy', ...because }]

    expect(textReport('acme', findings, plain)).toBe(
      [
        '✔ table       There.',
        '✘ key         Off.',
        '              → Switch on.',
        '– key-policy  Not examined, because of key.',
        '',
        'The stage acme is not well: 1 failed, 1 ok, 1 skipped.',
      ].join('\n'),
    )
  })

  it('tells in one line what is skipped for one reason', () => {
    const findings: Finding[] = [
      { check: 'key-rotation', ...because },
      { check: 'key-policy', ...because },
      well,
    ]

    expect(textReport('acme', findings, plain).split('\n')[0]).toBe(
      '– 2 checks      Not examined, because of key. (key-rotation, key-policy)',
    )
  })

  it.each<[Finding[], string]>([
    [[well], 'The stage acme is well: 1 ok.'],
    [[well, old], 'The stage acme works, with 1 warning: 1 ok.'],
    [[old, old], 'The stage acme works, with 2 warnings: 0 ok.'],
    [[well, old, broken], 'The stage acme is not well: 1 failed, 1 warning, 1 ok.'],
  ])('sums up %j', (findings, summary) => {
    expect(textReport('acme', findings, plain).split('\n').at(-1)).toBe(summary)
  })

  it('lets nothing that others wrote move the cursor or colour the terminal', () => {
    const what = 'A domain \u001B[2J\u202Eevil\u0007 and\nanother line'
    const report = textReport('acme', [{ ...well, what }], plain)

    expect(report.split('\n').slice(0, 2)).toEqual([
      '✔ table  A domain [2Jevil and',
      '         another line',
    ])
  })
})

describe('the report for machines', () => {
  it.each<[Finding[], boolean]>([
    [[well, old], true],
    [[well, broken], false],
  ])('of %j says whether anything failed', (findings, healthy) => {
    const report = JSON.parse(jsonReport({ stage: 'acme', region: 'eu-west-1' }, findings))

    expect(report).toMatchObject({ stage: 'acme', region: 'eu-west-1', healthy, findings })
  })
})
