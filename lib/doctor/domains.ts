// Looker's list of embed domains against the origins of a tenant's pages. Pure.

export type Listed = {
  /** Origins that an entry allows. */
  readonly allowed: readonly string[]
  /** Entries that would allow an origin without the slash at their end; so they allow nothing. */
  readonly slashed: readonly string[]
  /** Origins that no entry is for, slash or not. */
  readonly missing: readonly string[]
}

export const compareDomains = (origins: readonly string[], entries: readonly string[]): Listed => {
  const isAllowed = (origin: string) => entries.some((entry) => allows(entry, origin))
  const rest = origins.filter((origin) => !isAllowed(origin))
  return {
    allowed: origins.filter(isAllowed),
    slashed: entries.filter((entry) => rest.some((origin) => isMeantFor(entry, origin))),
    missing: rest.filter((origin) => !entries.some((entry) => isMeantFor(entry, origin))),
  }
}

const isMeantFor = (entry: string, origin: string): boolean =>
  entry.endsWith('/') && allows(entry.replace(/\/+$/, ''), origin)

/** `*` stands for any piece of a host name. */
const allows = (entry: string, origin: string): boolean => {
  const pieces = entry.trim().toLowerCase().split('*')
  const pattern = pieces.map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${pattern.join('[^/]*')}$`).test(origin.toLowerCase())
}
