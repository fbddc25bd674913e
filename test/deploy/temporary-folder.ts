// Folders that are gone when the tests of a file are.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const folders: string[] = []

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'looker-token-broker-deploy-'))
  folders.push(folder)
  return folder
}

afterAll(() => {
  // Of a linked folder, such as node_modules, the link alone goes.
  for (const folder of folders) rmSync(folder, { recursive: true })
})
