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
])

export type Operation = v.InferOutput<typeof operationSchema>
