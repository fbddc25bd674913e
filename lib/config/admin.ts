// The tenant file's section `admin`, as a type: who may see and end embed sessions.

/** Exactly one of `jwt` and `iam`: a route has one authorizer. */
export type AdminSettings = {
  /** JWT authorizer of the HTTP API; a token needs one of the scopes. */
  readonly jwt: {
    readonly issuer: string
    readonly audience: readonly string[]
    readonly scopes: readonly string[]
  } | null
  /** IAM roles, and every session of them. */
  readonly iam: readonly {
    /** AWS account, 12 digits. */
    readonly account: string
    /** Name of the role, without path or ARN. */
    readonly role: string
  }[]
  /** Where the Sessions page is served, as exact origins. Default none. */
  readonly origins: readonly string[]
  /** Whether whoever may invoke the direct function may see and end sessions. Default false. */
  readonly direct: boolean
}
