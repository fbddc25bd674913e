// Findings as text for people, and as JSON for machines.
import { styleText } from 'node:util'
import type { Finding, Standing } from '../../lib/doctor/finding.ts'

type Format = Parameters<typeof styleText>[0]

/** Colour on a terminal alone, and not where NO_COLOR is set. */
export type Paint = (format: Format, text: string) => string

export const paintFor =
  (stream: NodeJS.WriteStream): Paint =>
  (format, text) =>
    styleText(format, text, { stream, validateStream: true })

export type Counts = Readonly<Record<Standing, number>>

export const countsOf = (findings: readonly Finding[]): Counts => {
  const count = (standing: Standing) =>
    findings.filter((finding) => finding.standing === standing).length
  return {
    ok: count('ok'),
    warning: count('warning'),
    failed: count('failed'),
    skipped: count('skipped'),
  }
}

/** docs/doctor.md describes it. Stable: fields are added, never changed. */
export const jsonReport = (
  where: { readonly stage: string; readonly region: string },
  findings: readonly Finding[],
): string => {
  const counts = countsOf(findings)
  return JSON.stringify({ ...where, healthy: counts.failed === 0, counts, findings }, null, 2)
}

/** One line: a finding, or several that say the same. */
type Row = Omit<Finding, 'check'> & { readonly checks: readonly string[] }

const marks: Readonly<Record<Standing, readonly [mark: string, format: Format]>> = {
  ok: ['✔', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✘', 'red'],
  skipped: ['–', 'gray'],
}

export const textReport = (stage: string, findings: readonly Finding[], paint: Paint): string => {
  const width = Math.max(...findings.map(({ check }) => check.length))
  const lines = grouped(findings).flatMap((group) => linesOf(group, { width, paint }))
  return [...lines, '', summaryOf(stage, countsOf(findings), paint)].join('\n')
}

/** Neighbours that are skipped for the same reason are told in one line. */
const grouped = (findings: readonly Finding[]): readonly Row[] =>
  findings.reduce<readonly Row[]>((rows, { check, ...verdict }) => {
    const last = rows.at(-1)
    const isSame = last?.standing === 'skipped' && last.what === verdict.what
    return isSame
      ? [...rows.slice(0, -1), { ...last, checks: [...last.checks, check] }]
      : [...rows, { ...verdict, checks: [check] }]
  }, [])

const linesOf = (
  { checks, standing, what, remedy }: Row,
  { width, paint }: { readonly width: number; readonly paint: Paint },
): string[] => {
  const [mark, format] = marks[standing]
  const [only = '', ...others] = checks
  const name = others.length === 0 ? only : `${checks.length} checks`
  const told = others.length === 0 ? what : `${what} (${checks.join(', ')})`
  const [first = '', ...more] = printable(told).split('\n')
  const sentence = standing === 'ok' ? first : paint(format, first)
  const indent = ' '.repeat(width + 4)
  return [
    `${paint(format, mark)} ${paint('bold', name.padEnd(width))}  ${sentence}`,
    ...more.map((line) => `${indent}${line}`),
    ...(remedy === null ? [] : [`${indent}${paint('cyan', '→')} ${printable(remedy)}`]),
  ]
}

/** What Looker or AWS wrote shall not move the cursor or colour the terminal. */
const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, '')

const summaryOf = (stage: string, { ok, warning, failed, skipped }: Counts, paint: Paint) => {
  const rest = [`${ok} ok`, ...(skipped > 0 ? [`${skipped} skipped`] : [])].join(', ')
  const warnings = warning === 1 ? '1 warning' : `${warning} warnings`
  if (failed > 0) {
    const also = warning > 0 ? `, ${warnings}` : ''
    return paint('red', `The stage ${stage} is not well: ${failed} failed${also}, ${rest}.`)
  }
  return warning > 0
    ? paint('yellow', `The stage ${stage} works, with ${warnings}: ${rest}.`)
    : paint('green', `The stage ${stage} is well: ${rest}.`)
}
