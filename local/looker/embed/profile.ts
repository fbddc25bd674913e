// What an acquire may say of an embed user and of the session, as Looker's API describes it.
import * as v from 'valibot'

const text = v.nullish(v.string())
const texts = v.nullish(v.array(v.string()))

const profileFields = {
  external_user_id: v.pipe(v.string(), v.minLength(1)),
  first_name: text,
  last_name: text,
  user_timezone: text,
  permissions: texts,
  models: texts,
  group_ids: texts,
  external_group_id: text,
  user_attributes: v.nullish(v.record(v.string(), v.unknown())),
  force_logout_login: v.optional(v.boolean()),
}

const longestSessionSeconds = 2_592_000

export const acquireSchema = v.object({
  ...profileFields,
  session_length: v.nullish(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(longestSessionSeconds)),
  ),
  embed_domain: text,
  session_reference_token: text,
})

const profileSchema = v.object(profileFields)

export type EmbedProfile = v.InferOutput<typeof profileSchema>
export type Acquire = v.InferOutput<typeof acquireSchema>

/** Without what belongs to the session. */
export const profileOf = (acquire: Acquire): EmbedProfile => v.parse(profileSchema, acquire)
