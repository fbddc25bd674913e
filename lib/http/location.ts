// Where a request came from, as far as the tenant records it and somebody is to be believed: the gateway, or the
// CDN before it. What a browser says of itself is not asked.
import type { PageRequest } from '../identity/embed-caller.ts'

export type Recorded = {
  /** Whose headers are believed; null: nobody's. */
  readonly edge: 'cloudfront' | null
}

type Seen = {
  readonly headers: Readonly<Record<string, string>>
  /** As the gateway saw it. */
  readonly address: string | undefined
}

/**
 * Undefined where nothing is recorded. CloudFront's headers:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html
 */
export const locationOf = (
  { headers, address: seenAddress }: Seen,
  recorded: Recorded | undefined,
): PageRequest['location'] => {
  if (!recorded) return undefined
  const edge = recorded.edge === 'cloudfront' ? headers : {}
  const address = addressIn(edge['cloudfront-viewer-address']) ?? usable(seenAddress)
  const places = [edge['cloudfront-viewer-city'], edge['cloudfront-viewer-country']]
  const place = places.flatMap((text) => usable(text) ?? []).join(', ')
  return { ...(address ? { address } : {}), ...(place ? { place } : {}) }
}

/** The header ends in the viewer's port, as in `198.51.100.10:46532`. Behind CloudFront the gateway sees CloudFront's own address. */
const addressIn = (text: string | undefined): string | undefined =>
  usable(text?.slice(0, text.lastIndexOf(':')).replace(/^\[(.*)\]$/, '$1'))

const longest = 100

/** CloudFront writes other characters than ASCII as percent codes (RFC 3986 section 2.1), in UTF-8. */
const usable = (text: string | undefined): string | undefined => {
  const plain = decoded(text ?? '').trim()
  return plain === '' || plain.length > longest || /\p{C}/u.test(plain) ? undefined : plain
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
