import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../temporary-folder.ts'

/** A path on which there is node, and no java. */
export const pathWithoutJava = (): string => {
  const folder = temporaryFolder('no-java-')
  symlinkSync(process.execPath, join(folder, 'node'))
  return folder
}
