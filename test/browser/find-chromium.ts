// Where a Chromium is on this machine.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

const windowsPlaces = (variables: NodeJS.ProcessEnv): readonly string[] =>
  ['PROGRAMFILES', 'PROGRAMFILES(X86)', 'LOCALAPPDATA'].flatMap((name) => {
    const folder = variables[name]
    return folder ? [join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe')] : []
  })

/**
 * `CHROME_PATH`, else the usual places. Undefined: there is none.
 * Errors: a `CHROME_PATH` that does not exist, for somebody meant it.
 */
export const findChromium = (
  variables: NodeJS.ProcessEnv = process.env,
  exists: (path: string) => boolean = existsSync,
): string | undefined => {
  const given = variables['CHROME_PATH']
  if (given && !exists(given)) throw new Error(`CHROME_PATH names no file: ${given}`)
  if (given) return given
  return [...usualPlaces, ...windowsPlaces(variables)].find((path) => exists(path))
}
