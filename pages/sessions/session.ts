// Sessions and ends as the API answers them.
import * as v from 'valibot'

const text = v.nullable(v.string())

const session = v.object({
  id: v.string(),
  user: v.string(),
  first_name: text,
  last_name: text,
  state: v.picklist(['active', 'ending', 'unreadable']),
  started_at: text,
  last_active_at: text,
  ends_at: text,
  ends_in: v.number(),
  stays_signed_in: v.boolean(),
  user_agent: text,
  address: text,
  place: text,
})

const list = v.object({ sessions: v.array(session), next: text })

export type Session = v.InferOutput<typeof session>
export type SessionList = v.InferOutput<typeof list>

/** Errors: `ValiError`. */
export const parseList = (unverified: unknown): SessionList => v.parse(list, unverified)

const end = v.object({ ended: v.literal(true), confirmed: v.boolean() })

/** Whether Looker has confirmed it already. Errors: `ValiError`. */
export const parseEnd = (unverified: unknown): boolean => v.parse(end, unverified).confirmed

/** Nothing where Looker was told no name. */
export const nameOf = ({ first_name, last_name }: Session): string =>
  [first_name, last_name].filter(Boolean).join(' ')
