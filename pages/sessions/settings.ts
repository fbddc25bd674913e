// config.json beside the page: where the API is, and who signs administrators in.
import * as v from 'valibot'

const address = v.pipe(v.string(), v.url())

const schema = v.object({
  /** Address of the HTTP API, without a slash at its end. */
  apiUrl: v.pipe(
    address,
    v.transform((url) => url.replace(/\/$/, '')),
  ),
  signIn: v.object({
    /** As `admin.jwt.issuer` of the tenant file. */
    issuer: address,
    clientId: v.pipe(v.string(), v.minLength(1)),
    /** Those of `admin.jwt.scopes`, and what the issuer asks for besides. */
    scopes: v.pipe(v.array(v.string()), v.minLength(1)),
    /** Origins of the issuer's other addresses, as Amazon Cognito has them. */
    origins: v.optional(v.array(address), []),
  }),
})

export type Settings = v.InferOutput<typeof schema>

/** Errors: `ValiError`. */
export const parseSettings = (unverified: unknown): Settings => v.parse(schema, unverified)
