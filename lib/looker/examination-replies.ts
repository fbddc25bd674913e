// Judges the replies to the calls that only the doctor makes: what came back over HTTP in, a value or a
// `LookerError` out. No I/O; and no text of a reply gets into an error.
import * as v from 'valibot'
import { accepted, failed, isJsonObject } from './reply.ts'
import type { Operation, UnverifiedReply } from './reply.ts'

export type LookerVersions = {
  /** As `26.12.3`; undefined when it is not of that form. */
  readonly release: string | undefined
  /** As `4.0`, for those that can be called. */
  readonly apis: readonly string[]
  /** The `Date` of the reply. */
  readonly date: string | undefined
}

/** How an administrator has set embedding up. */
export type EmbedSetup = {
  /** Undefined where this Looker does not tell. */
  readonly embedding: boolean | undefined
  readonly signedEmbedding: boolean | undefined
  readonly cookieless: boolean | undefined
  readonly domains: readonly string[]
}

/** Reply to `GET /versions`. */
export const parseVersions = (reply: UnverifiedReply, nowAtMs: number): LookerVersions => {
  const { looker_release_version, supported_versions } = parsed(
    { name: 'versions', refusals: refusedUser },
    versions,
    { reply, nowAtMs },
  )
  const release = /^\d{1,4}\.\d{1,4}(?:\.\d{1,6})?/.exec(looker_release_version ?? '')?.[0]
  const apis = (supported_versions ?? []).flatMap(({ version }) => version ?? [])
  return { release, apis, date: reply.date }
}

/** Reply to `GET /user`: it says who calls, and nothing of it is needed. */
export const assertUser = (reply: UnverifiedReply, nowAtMs: number): void => {
  accepted({ name: 'user', refusals: refusedUser }, reply, nowAtMs)
}

/** Reply to `GET /setting`. */
export const parseEmbedSetup = (reply: UnverifiedReply, nowAtMs: number): EmbedSetup => {
  const operation = { name: 'setting', refusals: refusedUser }
  const { embed_enabled, embed_config } = parsed(operation, setting, { reply, nowAtMs })
  return {
    embedding: embed_enabled ?? embed_config?.embed_enabled ?? undefined,
    signedEmbedding: embed_config?.sso_auth_enabled ?? undefined,
    cookieless: embed_config?.embed_cookieless_v2 ?? undefined,
    domains: embed_config?.domain_allowlist ?? [],
  }
}

/** Reply to `GET /users/credential/embed/{id}`: Looker's id of the user; undefined when it has none. */
export const parseEmbedUserId = (reply: UnverifiedReply, nowAtMs: number): string | undefined => {
  if (reply.status === 404 && isJsonObject(reply)) return undefined
  const operation = { name: 'embed user', refusals: refusedUser }
  return parsed(operation, user, { reply, nowAtMs }).id
}

/** Reply to `DELETE /users/{id}`: a user that Looker does not know is removed. */
export const assertUserDeleted = (reply: UnverifiedReply, nowAtMs: number): void => {
  if (reply.status === 204) return
  if (reply.status === 404 && isJsonObject(reply)) return
  accepted({ name: 'user removal', refusals: refusedUser }, reply, nowAtMs)
}

/** Looker says 404 of what a caller may not see. */
const refusedUser = {
  400: 'refused-user',
  403: 'refused-user',
  404: 'refused-user',
  422: 'refused-user',
} as const

const versions = v.object({
  looker_release_version: v.nullish(v.string()),
  supported_versions: v.nullish(v.array(v.object({ version: v.nullish(v.string()) }))),
})

const setting = v.object({
  embed_enabled: v.nullish(v.boolean()),
  embed_config: v.nullish(
    v.object({
      embed_enabled: v.nullish(v.boolean()),
      sso_auth_enabled: v.nullish(v.boolean()),
      embed_cookieless_v2: v.nullish(v.boolean()),
      domain_allowlist: v.nullish(v.array(v.string())),
    }),
  ),
})

const user = v.object({ id: v.pipe(v.string(), v.regex(/^\d{1,20}$/)) })

const parsed = <Schema extends v.GenericSchema>(
  operation: Operation,
  schema: Schema,
  { reply, nowAtMs }: { readonly reply: UnverifiedReply; readonly nowAtMs: number },
): v.InferOutput<Schema> => {
  const { status, value } = accepted(operation, reply, nowAtMs)
  const result = v.safeParse(schema, value)
  if (!result.success) throw failed(operation, 'invalid-reply', { status })
  return result.output
}
