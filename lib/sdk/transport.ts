// The way to Looker for its SDK: deadlines that fire, status and `Retry-After` on errors, one renewal on 401.
import type { ITransport } from '@looker/sdk-rtl'
import { systemSurroundings } from '../sources/surroundings.ts'
import type { Surroundings } from '../sources/surroundings.ts'
import type { TransportOptions } from './types.ts'

/** Errors: `TokenError` `invalid-options`, at once. */
export const brokerTransport = (options: TransportOptions): ITransport =>
  createTransport(options, systemSurroundings())

export type TransportSurroundings = Pick<Surroundings, 'clock' | 'chance' | 'fetch'>

export const createTransport = (
  _options: TransportOptions,
  _surroundings: TransportSurroundings,
): ITransport => {
  throw new Error('not yet')
}
