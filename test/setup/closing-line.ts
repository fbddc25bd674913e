// Vitest reporter: the last line of a run says how many tests passed and failed, in one fixed form
// that people and scripts can read.
import type { Reporter, TestModule } from 'vitest/node'

/** `N passed, N failed`, and `, N skipped` if any. What failed outside a test counts as a failure. */
const closingLineOf = (
  modules: ReadonlyArray<TestModule>,
  unhandled: ReadonlyArray<unknown>,
): string => {
  const tests = modules.flatMap((module) => [...module.children.allTests()])
  const count = (state: 'passed' | 'failed' | 'skipped'): number =>
    tests.filter((test) => test.result().state === state).length
  const holders = modules.flatMap((module) => [module, ...module.children.allSuites()])
  const outside = holders.flatMap((holder) => holder.errors()).length + unhandled.length
  const skipped = count('skipped') > 0 ? `, ${count('skipped')} skipped` : ''
  return `${count('passed')} passed, ${count('failed') + outside} failed${skipped}`
}

// oxlint-disable-next-line import/no-default-export -- vitest loads reporters so
export default class ClosingLine implements Reporter {
  #line = ''

  // Vitest's own summary is printed after the reporters were told; exit is the only later moment.
  onInit(): void {
    process.once('exit', () => process.stdout.write(`${this.#line}\n`))
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<unknown>): void {
    this.#line = closingLineOf(modules, unhandled)
  }
}
