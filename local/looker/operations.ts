// The operations of Looker's API that are simulated, by the names of Looker's own description.
import * as v from 'valibot'

export const operationSchema = v.picklist([
  'login',
  'login_user',
  'logout',
  'session',
  'update_session',
  'me',
  'versions',
  'get_setting',
  'user_for_credential',
  'delete_user',
  'run_inline_query',
  'acquire_embed_cookieless_session',
  'generate_tokens_for_cookieless_session',
  'delete_embed_cookieless_session',
])

export type Operation = v.InferOutput<typeof operationSchema>
