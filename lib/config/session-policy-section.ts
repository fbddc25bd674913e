// Schema of the tenant file's section `embed.session_policy`.
import { boolean, nullable, optional, picklist } from 'valibot'
import { mapping, whole } from './schema.ts'
import { leastSeconds, mostSeconds } from './session-policy.ts'

export const sessionPolicySection = () =>
  mapping({
    session_duration: optional(nullable(seconds()), null),
    max_lifetime: optional(nullable(seconds()), null),
    persistent_sessions: optional(nullable(onOrOff()), null),
    inactivity_logout: optional(onOrOff(), false),
    concurrent_sessions: optional(onOrOff(), true),
    session_location: optional(onOrOff(), false),
    edge: optional(nullable(picklist(['cloudfront'], 'write cloudfront or null')), null),
  })

const seconds = () => whole(leastSeconds, mostSeconds, 'seconds')

const onOrOff = () => boolean('write true or false')
