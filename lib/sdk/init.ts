// A session from the usual settings: the `LOOKERSDK_*` variables and `looker.ini`, as Looker's SDK reads
// them, and the broker's own variables.
import type { Workspace } from '../config.ts'
import { systemSurroundings } from '../sources/surroundings.ts'
import type { Surroundings } from '../sources/surroundings.ts'
import type { BrokerSession } from './types.ts'

export type InitOptions = {
  /** Looker user, 1 to 20 digits. Left out: the service account. */
  readonly userId?: string | undefined
  /** Default `production`. */
  readonly workspace?: Workspace | undefined
  /** Default `LOOKERSDK`. */
  readonly prefix?: string | undefined
  /** Default `looker.ini` in the working directory, if it is there; one that is named must be there. */
  readonly file?: string | undefined
  /** Section of the file. Default: its first. */
  readonly section?: string | undefined
}

/**
 * Sessions made with the same settings share tokens, so it may be called for every request.
 * Errors: `TokenError` `invalid-options`, naming every mistake.
 */
export const init = (options: InitOptions = {}): BrokerSession => systemInit(options)

export const createInit =
  (_surroundings: Surroundings) =>
  (_options: InitOptions = {}): BrokerSession => {
    throw new Error('not yet')
  }

const systemInit = createInit(systemSurroundings())
