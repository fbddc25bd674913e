// A command of cli/ as one file of JavaScript, for tests that start it many times: tsx takes longer to begin than
// most commands to end. At least one test of each command starts it as npm does.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root } from '../local/processes.ts'

/** Below the packages that it loads. */
const cache = join(root, 'node_modules/.cache')

export type BundledCommand = { readonly path: string; readonly remove: () => void }

/** `file`: from the root, and without `import.meta.url`, which would name the bundle. */
export const bundleCommand = async (file: string): Promise<BundledCommand> => {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'command-'))
  const path = join(folder, 'command.mjs')
  await build({
    absWorkingDir: root,
    entryPoints: [file],
    outfile: path,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  })
  return { path, remove: () => rmSync(folder, { recursive: true }) }
}
