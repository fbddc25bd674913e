// From an answer to the result that Looker's SDK gives its callers: JSON as values, text as text, the rest as bytes
// in a string. Pure but for bodies that an observer made promises of.
import { ResponseMode, responseMode } from '@looker/sdk-rtl'
import type { IRawResponse, SDKResponse } from '@looker/sdk-rtl'
import { failureOf } from './failure.ts'
import { bodyOfEnd, CallEnd } from './failure-end.ts'
import { statusError } from './reply-error.ts'
import { pathOf } from './request.ts'

/** Never rejects. */
export const resultOf = async <Success, Failure>(
  raw: IRawResponse,
): Promise<SDKResponse<Success, Failure>> => {
  try {
    if (!raw.ok) return { ok: false, error: parsedAs<Failure>(await errorOf(raw)) }
    return { ok: true, value: parsedAs<Success>(await valueOf(raw)) }
  } catch {
    const message = `Looker's answer (HTTP ${raw.statusCode}) cannot be read: is baseUrl the address of the Looker API?`
    const end = new CallEnd('invalid-answer', message, { status: raw.statusCode })
    const error = bodyOfEnd(end, { method: raw.method, path: pathOf(raw.url) })
    return { ok: false, error: parsedAs<Failure>(error) }
  }
}

const errorOf = async (raw: IRawResponse): Promise<unknown> => {
  const body: unknown = await raw.body
  if (failureOf(body)) return body
  return statusError(raw, await textOf(body).then(jsonIn, () => undefined))
}

const valueOf = async (raw: IRawResponse): Promise<unknown> => {
  const body: unknown = await raw.body
  const mode = responseMode(raw.contentType)
  // Also from an observer, which may have put a value in its place.
  if (mode === ResponseMode.string && jsonType.test(raw.contentType)) {
    if (isParsed(body)) return body
    const text = await textOf(body)
    return text === '' && isBodiless(raw) ? text : JSON.parse(text)
  }
  if (mode === ResponseMode.string || typeof body === 'string') return textOf(body)
  return Buffer.from(await bytesOf(body)).toString('latin1')
}

const jsonType = /^application\/.*\bjson\b/

const isBodiless = ({ method, statusCode }: IRawResponse): boolean =>
  method === 'HEAD' || statusCode === 204 || statusCode === 205

const isParsed = (body: unknown): boolean =>
  typeof body === 'object' && !(body instanceof Blob) && !(body instanceof Uint8Array)

const textOf = async (body: unknown): Promise<string> => {
  if (body instanceof Blob) return body.text()
  if (body instanceof Uint8Array) return new TextDecoder().decode(body)
  if (typeof body === 'string') return body
  return body === undefined ? '' : JSON.stringify(body)
}

const bytesOf = async (body: unknown): Promise<Uint8Array> => {
  if (body instanceof Blob) return new Uint8Array(await body.arrayBuffer())
  return body instanceof Uint8Array ? body : Buffer.from(await textOf(body))
}

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

// Which it is, the SDK alone says: its methods are generated from Looker's description of its API.
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters
const parsedAs = <Value>(value: unknown): Value => value as Value
