// The package as it is packed, and projects that have it installed. test/setup/package.ts makes both once a run.
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { inject } from 'vitest'
import type { Packed } from '../setup/package.ts'
import { temporaryFolder } from '../temporary-folder.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

const packedSchema = v.object({
  tarball: v.string(),
  files: v.array(v.string()),
  installed: v.string(),
})

export const packOnce = async (): Promise<Packed> => {
  const response = await fetch(inject('packageUrl'))
  if (!response.ok) throw new Error(`not packed: ${await response.text()}`)
  return v.parse(packedSchema, await response.json())
}

/** A project of its own with the package in it, and what is named of `node_modules` linked beside it. */
export const install = async (linked: readonly string[] = []): Promise<string> => {
  const folder = temporaryFolder()
  const { installed } = await packOnce()
  cpSync(installed, folder, { recursive: true, verbatimSymlinks: true })
  for (const name of linked) link(folder, name)
  return folder
}

const link = (folder: string, name: string): void => {
  const path = join(folder, 'node_modules', name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(root, 'node_modules', name), path)
}
