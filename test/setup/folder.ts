// Vitest global setup: a folder for all that the tests of a run write, gone with the run. Files of tests share
// their modules, so a module of theirs cannot tell when one file is done.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

export const setup = (project: TestProject): (() => void) => {
  const folder = mkdtempSync(join(tmpdir(), 'looker-token-broker-tests-'))
  project.provide('folder', folder)
  // Of a linked folder, such as node_modules, the link alone goes.
  return () => rmSync(folder, { recursive: true, force: true })
}
