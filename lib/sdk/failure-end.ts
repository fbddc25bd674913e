// Ends of a call that are no answer of Looker, from where they happen to where they become an error body. Messages
// are our own: what fetch throws may hold header values.
import { isTokenError } from '../sources/token-error.ts'
import { failedWith } from './failure.ts'
import type { CallFailure, ErrorBody } from './failure.ts'

type Detail = Pick<CallFailure, 'status' | 'retryAfterMs' | 'token'>

export class CallEnd extends Error {
  readonly kind: Exclude<CallFailure['kind'], 'status'>
  readonly detail: Detail

  constructor(kind: CallEnd['kind'], message: string, detail: Detail = {}) {
    super(message)
    this.name = 'CallEnd'
    this.kind = kind
    this.detail = detail
  }
}

export const bodyOfEnd = (
  { kind, message, detail }: CallEnd,
  call: Pick<CallFailure, 'method' | 'path'>,
): ErrorBody =>
  failedWith(
    { kind, method: call.method, path: call.path, ...detail },
    { message, errors: [], documentation_url: '', type: 'sdk_error' },
  )

/** Of what an authenticator rejected with. */
export const noToken = (error: unknown): CallEnd => {
  if (!isTokenError(error)) return new CallEnd('no-token', messageOf(error))
  const { code, message, retryAfterMs } = error
  // It was given what was left of the call: whose timer is first does not matter.
  const kind = code === 'timeout' ? 'timeout' : 'no-token'
  return new CallEnd(kind, message, { token: error, retryAfterMs })
}

/** Of what fetch or a body rejected with; `status` when there was a head. */
export const lost = (error: unknown, status?: number): CallEnd => {
  if (error instanceof CallEnd) return withStatus(error, status)
  const code = codeOf(error)
  if (code?.startsWith('Z_'))
    return new CallEnd('invalid-answer', `Looker's answer cannot be unpacked (${code})`, { status })
  const message = `Looker cannot be reached, or the connection was lost${code ? ` (${code})` : ''}`
  return new CallEnd('unreachable', message, { status })
}

const withStatus = (end: CallEnd, status: number | undefined): CallEnd =>
  new CallEnd(end.kind, end.message, { ...end.detail, status: end.detail.status ?? status })

/** Of an error of the caller's own code: its message, at most 1,000 characters. */
export const messageOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : ''
  return message.slice(0, 1000) || 'The call failed without a message'
}

/** The system's own word for what happened (ECONNREFUSED, UND_ERR_SOCKET), which fetch hides in `cause`. */
const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return /^[A-Z][A-Z0-9_]{1,40}$/.test(code) ? code : codeOf(error.cause)
}
