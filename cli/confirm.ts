// Asking before what cannot be undone.
import { createInterface } from 'node:readline/promises'
import { Remedy } from './remedy.ts'

/** Goes on only if the name of the stage is typed. Errors: `Remedy`, also where there is nobody to ask. */
export const assertConfirmed = async (stage: string, what: string): Promise<void> => {
  if (!process.stdin.isTTY) {
    throw new Remedy('Nothing was done: there is nobody to ask. Add --yes.')
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const typed = await terminal.question(`${what}\nType the name of the stage to go on: `)
    if (typed.trim() !== stage) throw new Remedy('Nothing was done.')
  } finally {
    terminal.close()
  }
}
