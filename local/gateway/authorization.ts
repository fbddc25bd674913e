// What an authorizer says of a request.

export type Verdict =
  | {
      readonly kind: 'allowed'
      /** `requestContext.authorizer` of the event; absent for a route without one. */
      readonly authorizer?: Readonly<Record<string, unknown>>
    }
  | {
      readonly kind: 'refused'
      readonly status: 401 | 403
      /** The `www-authenticate` header. */
      readonly challenge?: string
    }
