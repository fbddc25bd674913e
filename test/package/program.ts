// A program of somebody who installed the package: run as a process of its own, as an ES module or as
// CommonJS, on the Node that runs the test.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type Format = 'ES module' | 'CommonJS'

/** `load(name)` is the format's own way to load; `loaded(name)` tells whether anything of that package is. */
const beginnings: Readonly<Record<Format, string>> = {
  'ES module': `
import { Session } from 'node:inspector'
const load = (name) => import(name)`,
  CommonJS: `
const { Session } = require('node:inspector')
const load = async (name) => require(name)`,
}

// The inspector hears of every file that Node compiles, however it is loaded.
const watch = `
const urls = []
const session = new Session()
session.connect()
session.on('Debugger.scriptParsed', ({ params }) => urls.push(params.url))
session.post('Debugger.enable')
const loaded = (name) => urls.some((url) => url.includes('/node_modules/' + name + '/'))
const codeOf = (promise) => promise.then(() => undefined, (error) => error.code)
`

/** What `body`, the inside of an async function, returns. Rejects with what the program printed. */
export const run = (
  folder: string,
  format: Format,
  body: string,
  env: Readonly<Record<string, string>> = {},
): Promise<unknown> => {
  const path = join(folder, format === 'CommonJS' ? 'program.cjs' : 'program.mjs')
  const end = `.then((value) => { console.log(JSON.stringify(value)); process.exit() })`
  writeFileSync(path, `${beginnings[format]}${watch}\n;(async () => {${body}})()${end}\n`)
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      // As on Lambda: CommonJS loads no ES module.
      [...(format === 'CommonJS' ? ['--no-experimental-require-module'] : []), path],
      { cwd: folder, env, timeout: 50_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''))
        else reject(new Error(stderr))
      },
    )
  })
}
