// Which item holds the session of a caller: one per user and device. The user is in the partition key, so
// whatever a browser says of its device finds a record of its own user, or none.
import { createHash } from 'node:crypto'
import type { ItemKey } from '../store/token-store.ts'
import type { EmbedCaller } from '../identity/embed-caller.ts'

export const sessionKind = 'embed-session'

/** Each part is percent-encoded, so no part can reach into the next. */
export const partitionOf = (instance: string, externalUserId: string): string =>
  [sessionKind, encodeURIComponent(instance), encodeURIComponent(externalUserId)].join('#')

/** The device: a claim of the user, else the browser's own key, else its user agent. Only digests are kept. */
export const sessionKeyOf = (instance: string, { visitor, page }: EmbedCaller): ItemKey => ({
  partition: partitionOf(instance, visitor.user.external_user_id),
  sort: deviceOf({ visitor, page }),
})

const deviceOf = ({ visitor, page }: EmbedCaller): string => {
  if (visitor.deviceClaim !== undefined) return `claim#${digestOf(visitor.deviceClaim)}`
  if (page.deviceKey !== undefined) return `device#${page.deviceKey.digest()}`
  return `agent#${digestOf(page.userAgent)}`
}

/** SHA-256 as unpadded base64url (43 characters). */
export const digestOf = (text: string): string =>
  createHash('sha256').update(text, 'utf8').digest('base64url')
