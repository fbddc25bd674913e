// The Nodes that cold starts are measured with.
import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Node = { readonly version: string; readonly path: string }

const run = promisify(execFile)

/**
 * `which` is the path of a Node, or the number of a major version, which is fetched as the npm package `node` into
 * the folder; undefined where that cannot be had.
 */
export const findNode = async (which: string, folder: string): Promise<Node | undefined> => {
  try {
    const path = /^\d+$/.test(which) ? await fetchNode(which, folder) : which
    await access(path)
    return { version: (await run(path, ['--version'])).stdout.trim(), path }
  } catch {
    return undefined
  }
}

const fetchNode = async (major: string, folder: string): Promise<string> => {
  const prefix = join(folder, `node-${major}`)
  const quiet = ['--no-save', '--no-audit', '--no-fund', '--loglevel=error']
  await run('npm', ['install', ...quiet, '--prefix', prefix, `node@${major}`])
  return join(prefix, 'node_modules/node/bin/node')
}
