// Answers in the shapes of Looker's API description, and the page it shows outside the API.

const documentationUrl = 'https://cloud.google.com/looker/docs/'

export const looker = (status: number, body: unknown): Response => Response.json(body, { status })

/** Looker's `Error`. */
export const lookerError = (status: number, message: string): Response =>
  looker(status, { message, documentation_url: documentationUrl })

export type FieldError = {
  readonly field: string
  readonly code: 'invalid' | 'missing_field'
  readonly message: string
}

/** Looker's `ValidationError`. */
export const lookerValidationErrors = (fields: readonly FieldError[]): Response =>
  looker(422, {
    message: 'Validation Failed',
    errors: fields.map((field) => ({ ...field, documentation_url: documentationUrl })),
    documentation_url: documentationUrl,
  })

export const lookerValidationError = (field: string, message: string): Response =>
  lookerValidationErrors([{ field, code: 'invalid', message }])

export const notFound = (): Response => lookerError(404, 'Not found')

export const unauthorized = (): Response => lookerError(401, 'Requires authentication.')

export const htmlNotFound = (): Response =>
  new Response('<!DOCTYPE html><html><title>Looker Not Found (404)</title></html>', {
    status: 404,
    headers: { 'content-type': 'text/html;charset=utf-8' },
  })
