// Vitest reporter: the last line of a run says how many tests passed and failed, in one fixed form
// that people and scripts can read.
import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node'

type Failures = ReadonlyArray<unknown>

// Vitest's own summary is printed after the reporters were told; exit is the only later moment.
const printLast = (line: string): void => {
  process.once('exit', () => process.stdout.write(`${line}\n`))
}

/** `N passed, N failed`, and `, N skipped` if any. What failed outside a test counts as a failure. */
export const closingLineOf = (modules: ReadonlyArray<TestModule>, unhandled: Failures): string => {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const count = (state: 'passed' | 'failed' | 'skipped'): number =>
    tests.filter((test) => test.result().state === state).length
  const outside = modules.flatMap((module) => module.errors()).length + unhandled.length
  const skipped = count('skipped')
  return `${count('passed')} passed, ${count('failed') + outside} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

// oxlint-disable-next-line import/no-default-export -- vitest loads reporters so
export default class ClosingLine implements Reporter {
  onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    unhandled: Failures,
    _reason: TestRunEndReason,
  ): void {
    printLast(closingLineOf(modules, unhandled))
  }
}
