// The wire form in which HTTP APIs hand JWT claims to a function: every value is a string, printed as
// Go prints it. Lists become `[a b]`, so a blank inside a value cannot be told from a separator.

export const claimsOnTheWire = (
  claims: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(claims)
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, printed(value)]),
  )

const printed = (value: unknown): string => {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(printed).join(' ')}]`
  if (typeof value === 'object') return `map[${entriesOf(value).join(' ')}]`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const entriesOf = (value: object): readonly string[] =>
  Object.entries(value)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, inner]) => `${name}:${printed(inner)}`)
