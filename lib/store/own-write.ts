// Whether what stands in the table is what we wrote. No two sealed frames are alike, so the same bytes
// are the same write. Pure.
import type { Publication, SecretItem, TokenItem } from './token-store.ts'

export const isOwnPublication = (item: TokenItem | undefined, { frame }: Publication): boolean =>
  item?.sealed !== undefined && isSame(item.sealed.frame, frame)

export const isOwnSecret = (standing: SecretItem | undefined, { frame }: SecretItem): boolean =>
  standing !== undefined && isSame(standing.frame, frame)

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0
