// What may be asked of the simulated models, and what is wrong with a query.
import * as v from 'valibot'
import type { FieldError } from '../answers.ts'

export type Query = {
  readonly model: string
  readonly view: string
  readonly fields: readonly string[]
  readonly limit: number
}

const defaultLimit = 500
const mostRows = 1_000_000

const viewsOf: ReadonlyMap<string, readonly string[]> = new Map([
  ['thelook', ['orders', 'order_items', 'products', 'users']],
  ['finance', ['invoices', 'payments']],
])

export const isKnown = ({ model, view }: Query): boolean =>
  viewsOf.get(model)?.includes(view) === true

/** Looker writes it as text, and takes a number too. */
const limit = v.pipe(
  v.union([v.pipe(v.string(), v.regex(/^\d{1,7}$/), v.transform(Number)), v.number()]),
  v.integer(),
  v.minValue(1),
  v.maxValue(mostRows),
)

const name = v.pipe(v.string(), v.minLength(1))

const querySchema = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    model: name,
    view: name,
    fields: v.pipe(v.array(v.pipe(v.string(), v.regex(/^\w+\.\w+$/))), v.minLength(1)),
    limit: v.nullish(limit),
  }),
)

/** `limitInUrl` goes before the limit of the query. */
export const parseQuery = (
  unverifiedBody: string,
  limitInUrl: string | undefined,
): Query | readonly FieldError[] => {
  const body = v.safeParse(querySchema, unverifiedBody)
  if (!body.success) return body.issues.map(fieldError)
  const inUrl = v.safeParse(v.optional(limit), limitInUrl)
  if (!inUrl.success) return [{ field: 'limit', code: 'invalid', message: 'limit is not valid' }]
  return { ...body.output, limit: inUrl.output ?? body.output.limit ?? defaultLimit }
}

const fieldError = (issue: v.BaseIssue<unknown>): FieldError => {
  const [step] = issue.path ?? []
  const field = step === undefined ? 'body' : String(step.key)
  return issue.input === undefined || isEmpty(issue.input)
    ? { field, code: 'missing_field', message: `${field} must be given` }
    : { field, code: 'invalid', message: `${field} is not valid` }
}

const isEmpty = (input: unknown): boolean =>
  input === '' || (Array.isArray(input) && input.length === 0)
