// Which pages may embed.

/**
 * Whether an embedding page of this origin is allowed: by the administrator's list, or because the
 * acquire named it. An entry with a slash at its end matches nothing, as at Looker.
 */
export const mayEmbed = (
  origin: string,
  allowed: { readonly named: string | undefined; readonly allowlist: readonly string[] },
): boolean =>
  /^https?:\/\/[\w.:[\]-]+$/.test(origin) &&
  (origin === allowed.named || allowed.allowlist.some((entry) => patternOf(entry).test(origin)))

const patternOf = (entry: string): RegExp => {
  const pieces = entry.split('*').map((piece) => piece.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${pieces.join('[^/]*')}$`)
}
