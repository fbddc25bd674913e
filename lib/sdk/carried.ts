// What a transport and a session of this folder tell each other on the props of one request. Symbols, so
// that none of it is sent, and any other transport or session passes it over.
import type { IRequestProps } from '@looker/sdk-rtl'
import type { CallLimits } from '../sources/token-source.ts'

/** From the transport: what is left of the call. */
export const limits = Symbol('limits')

/**
 * From the session: the `Authorization` of another token of the same user and workspace, after Looker
 * answered this one with 401. Errors: `TokenError`; it never resolves to the refused one.
 */
export const renewal = Symbol('renewal')

export type CarriedProps = IRequestProps & {
  [limits]?: CallLimits
  [renewal]?: (left: CallLimits) => Promise<string>
}
