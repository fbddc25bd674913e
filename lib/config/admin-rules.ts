// What the section `admin` demands beside its keys. Looks at the raw file, as embed-rules.ts does.
import { fieldOf } from './schema.ts'

type Problem = { readonly path: string; readonly message: string }

/** Mistakes that no single key shows. No message repeats a value. */
export const adminProblems = (unverified: unknown): Problem[] => {
  const admin = fieldOf(unverified, 'admin')
  if (!isGiven(admin)) return []
  const embed = fieldOf(unverified, 'embed')
  const iam = fieldOf(admin, 'iam')
  const named = Array.isArray(iam) && iam.length > 0
  const rules = [
    {
      broken: named === isGiven(fieldOf(admin, 'jwt')),
      path: 'admin',
      message: 'write exactly one of jwt and iam, with at least one role',
    },
    {
      broken: !isGiven(embed) || fieldOf(embed, 'store') === 'client',
      path: 'admin',
      message: 'is of use for embed with store server alone: else no session is kept to be listed',
    },
  ]
  return rules.filter(({ broken }) => broken).map(({ path, message }) => ({ path, message }))
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null
