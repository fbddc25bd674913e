// What the section `api_tokens` demands beside its keys. Looks at the raw file: the schema's own checks of a list are
// skipped while one of its entries is wrong.
import { fieldOf } from './schema.ts'

type Problem = { readonly path: string; readonly message: string }

/** Callers that are named more than once. No message repeats a value. */
export const repeatedCallers = (unverified: unknown): Problem[] => {
  const callers = fieldOf(fieldOf(unverified, 'api_tokens'), 'callers')
  if (!Array.isArray(callers)) return []
  const names = callers.map((caller: unknown) => nameOf(caller))
  return names.flatMap((name, index) => {
    const first = names.indexOf(name)
    if (first === index || name === undefined) return []
    const message = `repeats the account and role of callers[${first}]; merge the two entries`
    return [{ path: `api_tokens.callers[${index}].role`, message }]
  })
}

const nameOf = (caller: unknown): string | undefined => {
  const role = fieldOf(caller, 'role')
  return typeof role === 'string' ? `${String(fieldOf(caller, 'account'))}/${role}` : undefined
}
