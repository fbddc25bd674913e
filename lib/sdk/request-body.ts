// How Looker's SDK writes bodies: text as it is, forms where the content type says so, JSON for the rest.
import type { IRequestHeaders } from '@looker/sdk-rtl'
import { CallEnd } from './failure-end.ts'
import { headerIn, mergeHeaders } from './request-headers.ts'

export type Written = { readonly body: string | undefined; readonly headers: IRequestHeaders }

/** Errors: `CallEnd` `invalid-request`. */
export const bodyOf = (body: unknown, headers: IRequestHeaders): Written => {
  if (!body) return { body: undefined, headers }
  if (typeof body === 'string') return { body, headers }
  const isForm = body instanceof URLSearchParams || isFormType(headers)
  const type = isForm ? formType : 'application/json'
  return {
    body: isForm ? formOf(body) : jsonOf(body),
    headers: mergeHeaders({ 'Content-Type': type }, headers),
  }
}

const formType = 'application/x-www-form-urlencoded'

const isFormType = (headers: IRequestHeaders): boolean =>
  String(headerIn(headers, 'content-type')).includes(formType)

const formOf = (body: unknown): string => {
  if (body instanceof URLSearchParams) return body.toString()
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(Object(body)))
    if (value !== undefined && value !== null) form.append(name, fieldOf(value))
  return form.toString()
}

const fieldOf = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'string' ? value : jsonOf(value)
}

const jsonOf = (value: unknown): string => {
  try {
    return JSON.stringify(value)
  } catch {
    throw new CallEnd('invalid-request', 'The body of the call cannot be written as JSON')
  }
}
