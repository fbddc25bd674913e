// `npm run test:browser`: the browser tests where there is a browser, else one clear line. Their absence
// is no failure of the checkout, so the exit status is 0; CI installs a browser.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { findChromium } from './find-chromium.ts'

const chromium = findChromium()
if (chromium === undefined) {
  console.log(
    'No Chromium or Chrome on this machine. Install one (Debian: apt-get install chromium), or say where\n' +
      'it is: CHROME_PATH=/path/to/chrome npm run test:browser\n' +
      'The browser tests DID NOT RUN: 0 passed, 0 failed',
  )
} else {
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--config', 'vitest.browser.config.ts', ...process.argv.slice(2)],
    { cwd: root, stdio: 'inherit', env: { ...process.env, CHROME_PATH: chromium } },
  )
  child.once('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
