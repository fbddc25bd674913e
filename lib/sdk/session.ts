// A session for `new Looker40SDK(session)` that never logs in: whose calls they are, and with which token.
import { systemSurroundings } from '../sources/surroundings.ts'
import type { Surroundings } from '../sources/surroundings.ts'
import type { BrokerSession, SessionOptions } from './types.ts'

/** Errors: `TokenError` `invalid-options`, at once, naming every mistake. */
export const brokerSession = (options: SessionOptions): BrokerSession =>
  createSession(options, systemSurroundings())

export type SessionSurroundings = Pick<Surroundings, 'clock' | 'chance' | 'fetch'>

export const createSession = (
  _options: SessionOptions,
  _surroundings: SessionSurroundings,
): BrokerSession => {
  throw new Error('not yet')
}
