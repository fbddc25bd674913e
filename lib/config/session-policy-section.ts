// Schema of the tenant file's section `embed.session_policy`.
import { boolean, nullable, optional, picklist } from 'valibot'
import { about, mapping, whole } from './schema.ts'
import { leastSeconds, mostSeconds } from './session-policy.ts'

export const sessionPolicySection = () =>
  mapping({
    session_duration: optional(
      about(
        'When a session ends, active or not. `null`: 1800; 86400 with `inactivity_logout`.',
        nullable(seconds()),
      ),
      null,
    ),
    max_lifetime: optional(
      about(
        'When it ends in spite of all extensions; asked of Looker as the length of the session. Not below the duration. `null`: 43200, or the duration if that is longer; 2592000 for who signed in to stay.',
        nullable(seconds()),
      ),
      null,
    ),
    persistent_sessions: optional(
      about(
        'Whether users may stay signed in, until `max_lifetime`. `null`: `true`, but `false` with `inactivity_logout`.',
        nullable(onOrOff()),
      ),
      null,
    ),
    inactivity_logout: optional(
      about('Whether 15 minutes without activity end a session.', onOrOff()),
      false,
    ),
    concurrent_sessions: optional(
      about('Whether a user may have sessions in several browsers or devices at once.', onOrOff()),
      true,
    ),
    session_location: optional(
      about("Whether the address of a session's browser is recorded.", onOrOff()),
      false,
    ),
    edge: optional(
      about(
        'What stands before the API. With `cloudfront` its headers `CloudFront-Viewer-Address`, `-City` and `-Country` are believed: forward them, and let nobody reach the API but through it.',
        nullable(picklist(['cloudfront'], 'write cloudfront or null')),
      ),
      null,
    ),
  })

const seconds = () => whole(leastSeconds, mostSeconds, 'seconds')

const onOrOff = () => boolean('write true or false')
