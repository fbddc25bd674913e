// A JSON body, whatever its content type says, against a schema; complaints point into the body.
import * as v from 'valibot'
import { BrokerError } from '../errors.ts'
import type { FieldProblem } from '../errors.ts'

/** Far above any request without tokens, far below what would be work to parse. */
const usualBytes = 8 * 1024
const mostComplaints = 100

/** An absent or empty body counts as `{}`. At most `mostBytes`, default 8 KiB. Errors: `invalid-request`. */
export const parseBody = <S extends v.GenericSchema>(
  schema: S,
  body: { readonly text: string | undefined; readonly isBase64: boolean },
  mostBytes = usualBytes,
): v.InferOutput<S> => {
  if (!body.text) return parseFields(schema, {})
  const encoding = body.isBase64 ? 'base64' : 'utf8'
  // Asked before the bytes are made: the gateway lets ten megabytes through.
  if (Buffer.byteLength(body.text, encoding) > mostBytes) {
    throw invalid([{ pointer: '', detail: `The body is over ${mostBytes} bytes.` }])
  }
  const text = Buffer.from(body.text, encoding).toString('utf8')
  return parseFields(schema, parseJson(text), repeatedFields(text))
}

/** The same for a payload that is already a value. Errors: `invalid-request`. */
export const parseFields = <S extends v.GenericSchema>(
  schema: S,
  unverified: unknown,
  found: readonly FieldProblem[] = [],
): v.InferOutput<S> => {
  if (typeof unverified !== 'object' || unverified === null || Array.isArray(unverified)) {
    throw invalid([{ pointer: '', detail: 'The body is no JSON object.' }])
  }
  const parsed = v.safeParse(schema, unverified, { abortPipeEarly: true })
  const issues = parsed.issues ?? []
  const problems = [...found, ...passedOver(unverified), ...issues.map(fieldProblem)]
  if (parsed.success && problems.length === 0) return parsed.output
  throw invalid(problems.slice(0, mostComplaints))
}

const unknownField = 'unknown field'
const repeatedField = 'given more than once'

// Names may be anything that a caller wrote, so the message, which is logged, counts those that need
// not be ours; the answer alone tells them.
const invalid = (fields: readonly FieldProblem[]): BrokerError => {
  const counted = [unknownField, repeatedField]
  const parts = fields
    .filter(({ detail }) => !counted.includes(detail))
    .map(({ pointer, detail }) => (pointer ? `${pointer}: ${detail}` : detail))
  for (const what of counted) {
    const times = fields.filter(({ detail }) => detail === what).length
    if (times > 0) parts.push(`${what} (${times})`)
  }
  return new BrokerError('invalid-request', parts.join('; '), { fields })
}

const fieldProblem = (issue: v.BaseIssue<unknown>): FieldProblem => ({
  pointer: (issue.path ?? []).map(({ key }) => pointerTo(String(key))).join(''),
  detail: detailOf(issue),
})

const detailOf = ({ expected, received, type, message }: v.BaseIssue<unknown>): string => {
  if (expected === 'never') return unknownField
  return received === 'undefined' && type.startsWith('object') ? 'is missing' : message
}

/** RFC 6901, of a name cut to a length. */
const pointerTo = (name: string): string =>
  `/${name.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Names that valibot neither checks nor hands on. */
const passedOver = (unverified: object): FieldProblem[] =>
  ['__proto__', 'constructor', 'prototype']
    .filter((name) => Object.hasOwn(unverified, name))
    .map((name) => ({ pointer: pointerTo(name), detail: unknownField }))

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid([{ pointer: '', detail: 'The body is not JSON.' }])
  }
}

/** A string, with its colon if it is a name, or a bracket. */
const token = /("(?:[^"\\]|\\.)*")(\s*:)?|[{}[\]]/g

/**
 * Names that stand more than once in the outermost object of valid JSON. `JSON.parse` keeps the last of
 * them, another reader of the same body the first: what one has checked the other would not do.
 */
const repeatedFields = (text: string): FieldProblem[] => {
  const seen = new Map<string, number>()
  let depth = 0
  for (const [bracket, name, colon] of text.matchAll(token)) {
    if (name === undefined) depth += bracket === '{' || bracket === '[' ? 1 : -1
    else if (colon !== undefined && depth === 1) {
      const plain = String(JSON.parse(name))
      seen.set(plain, (seen.get(plain) ?? 0) + 1)
    }
  }
  return [...seen]
    .filter(([, times]) => times > 1)
    .map(([name]) => ({ pointer: pointerTo(name), detail: repeatedField }))
}
