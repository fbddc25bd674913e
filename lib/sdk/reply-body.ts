// The body of an answer, read to its end within the time of the call.
import { ResponseMode, responseMode } from '@looker/sdk-rtl'
import type { Scope } from './exchange-scope.ts'
import { lost } from './failure-end.ts'

/** Text, or a `Blob` of what Looker's SDK calls binary. Errors: `CallEnd`. */
export const readBody = async (response: Response, scope: Scope): Promise<string | Blob> => {
  const { body, status, headers } = response
  if (body === null) return ''
  const reader = body.getReader()
  try {
    const pieces = await scope.within(() =>
      piecesOf(reader, response.ok ? Infinity : maxErrorBytes),
    )
    const type = headers.get('content-type') ?? ''
    const isBinary = response.ok && responseMode(type) === ResponseMode.binary
    return isBinary ? new Blob(pieces, { type }) : new TextDecoder().decode(Buffer.concat(pieces))
  } catch (error) {
    throw lost(error, status)
  } finally {
    // Not left to fetch alone: it may stop watching the signal once it handed out the head.
    void reader.cancel().catch(() => {})
  }
}

/** More of an error says nothing more. */
const maxErrorBytes = 262_144

const piecesOf = async (
  reader: ReadableStreamDefaultReader<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array[]> => {
  const pieces: Uint8Array[] = []
  let bytes = 0
  while (bytes <= maxBytes) {
    const { done, value } = await reader.read()
    if (done) break
    bytes += value.byteLength
    pieces.push(value)
  }
  return pieces
}
