// The sealed frame across its versions: the one that is written, and all that are read. To add a
// version: a file of its own, its reader in this table, and the writer here (docs/sealed-records.md).
import { SealError } from '../errors.ts'
import type { FrameContent, FrameReader, UnverifiedFrame } from './frame.ts'
import { parseV1, sealV1 } from './frame-v1.ts'

/** By version byte. A replaced version stays for 30 days after the last deploy that wrote it. */
export const frameReaders: ReadonlyMap<number, FrameReader> = new Map([[1, parseV1]])

/** Seals in the present version. Errors: `RangeError` for a value that the frame cannot carry. */
export const sealFrame = (content: FrameContent): Uint8Array => sealV1(content)

/** Reads the header of a frame of any version in the table. Errors: `SealError`. */
export const parseFrame = (bytes: Uint8Array, readers = frameReaders): UnverifiedFrame => {
  const reader = readers.get(bytes[0] ?? -1)
  // Promise: a frame of an unknown version is refused.
  if (reader === undefined) throw new SealError('the frame is of an unknown version')
  return reader(bytes)
}
