// Whether what stands in the table is what we wrote. No two sealed frames are alike, so the same bytes
// are the same write. Pure.
import type { Holder, Publication, SecretItem, TokenItem } from './token-store.ts'

export const isOwnPublication = (
  item: TokenItem | undefined,
  { generation }: Holder,
  { frame }: Publication,
): boolean => item?.sealed?.generation === generation && isSame(item.sealed.frame, frame)

export const isOwnSecret = (standing: SecretItem | undefined, secret: SecretItem): boolean =>
  standing?.generation === secret.generation && isSame(standing.frame, secret.frame)

const isSame = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0
