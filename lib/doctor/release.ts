// Looker's releases, as far as the broker depends on them. Pure.

/** https://cloud.google.com/looker/docs/cookieless-embed and the release notes of the embed events. */
export const releases = {
  cookieless: '22.20',
  /** `embed_domain` in an acquire. */
  embedDomain: '23.8',
  /** The event `session:expired`. */
  expiredEvent: '25.10',
} as const

/** Of releases as `25.10.3`; by numbers, as 25.10 is later than 25.8. */
export const isBefore = (release: string, other: string): boolean => {
  const [major = 0, minor = 0] = numbersOf(release)
  const [otherMajor = 0, otherMinor = 0] = numbersOf(other)
  return major === otherMajor ? minor < otherMinor : major < otherMajor
}

const numbersOf = (release: string): number[] => release.split('.').map(Number)
