// Folders that are gone when the run is.
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

declare module 'vitest' {
  interface ProvidedContext {
    folder: string
  }
}

/** An empty one. `name` begins its own. */
export const temporaryFolder = (name = ''): string => mkdtempSync(join(inject('folder'), name))
