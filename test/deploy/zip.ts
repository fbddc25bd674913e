// Reads a zip file as the packager writes it (no encryption, no Zip64), by its central directory.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3.7, 4.3.12 and 4.3.16.
import { inflateRawSync } from 'node:zlib'

const endSize = 22
const deflated = 8

/** Name to content. */
export const unzip = (zip: Buffer): ReadonlyMap<string, Buffer> => {
  const files = new Map<string, Buffer>()
  const end = zip.lastIndexOf('PK\u0005\u0006', zip.length - endSize, 'latin1')
  let at = zip.readUInt32LE(end + 16)
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const nameLength = zip.readUInt16LE(at + 28)
    files.set(zip.toString('utf8', at + 46, at + 46 + nameLength), contentOf(zip, at))
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32)
  }
  return files
}

const contentOf = (zip: Buffer, entry: number): Buffer => {
  const local = zip.readUInt32LE(entry + 42)
  const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
  const bytes = zip.subarray(start, start + zip.readUInt32LE(entry + 20))
  return zip.readUInt16LE(entry + 10) === deflated ? inflateRawSync(bytes) : bytes
}
