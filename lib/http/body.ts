// A JSON body, whatever its content type says, against a schema; complaints point into the body.
import * as v from 'valibot'
import { BrokerError } from '../errors.ts'
import type { FieldProblem } from '../errors.ts'

/** Far above any request of ours, far below what would be work to parse. */
const mostBytes = 8 * 1024
const mostComplaints = 10

/** An absent or empty body counts as `{}`. Errors: `invalid-request`. */
export const parseBody = <S extends v.GenericSchema>(
  schema: S,
  body: { readonly text: string | undefined; readonly isBase64: boolean },
): v.InferOutput<S> => {
  if (!body.text) return parseFields(schema, {})
  const bytes = Buffer.from(body.text, body.isBase64 ? 'base64' : 'utf8')
  if (bytes.length > mostBytes) throw invalid('', `The body is over ${mostBytes} bytes.`)
  return parseFields(schema, parseJson(bytes.toString('utf8')))
}

/** The same for a payload that is already a value. Errors: `invalid-request`. */
export const parseFields = <S extends v.GenericSchema>(
  schema: S,
  unverified: unknown,
): v.InferOutput<S> => {
  if (typeof unverified !== 'object' || unverified === null || Array.isArray(unverified)) {
    throw invalid('', 'The body is no JSON object.')
  }
  const parsed = v.safeParse(schema, unverified)
  if (parsed.success) return parsed.output
  const fields = parsed.issues.slice(0, mostComplaints).map(fieldProblem)
  const message = fields.map(({ pointer, detail }) => `${pointer}: ${detail}`).join('; ')
  throw new BrokerError('invalid-request', message, { fields })
}

const fieldProblem = (issue: v.BaseIssue<unknown>): FieldProblem => ({
  pointer: pointerOf(issue),
  detail: issue.expected === 'never' ? 'unknown field' : issue.message,
})

const invalid = (pointer: string, detail: string): BrokerError =>
  new BrokerError('invalid-request', detail, { fields: [{ pointer, detail }] })

/** RFC 6901. Only names of fields, cut to a length: values could be anything. */
const pointerOf = (issue: v.BaseIssue<unknown>): string =>
  (issue.path ?? [])
    .map(({ key }) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 64)}`)
    .join('')

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('', 'The body is not JSON.')
  }
}
