// The calls of Looker's API 4.0 that only the doctor makes. Sends only: what a reply means is judged in
// examination-replies.ts.
import type { Secret } from '../secret.ts'
import type { Deadline } from '../time.ts'
import { pathSegmentOf } from './client.ts'
import type { LookerClientOptions } from './client.ts'
import {
  assertUser,
  assertUserDeleted,
  parseEmbedSetup,
  parseEmbedUserId,
  parseVersions,
} from './examination-replies.ts'
import type { EmbedSetup, LookerVersions } from './examination-replies.ts'
import { createExchange } from './exchange.ts'

/** All throw `LookerError`, within the deadline. */
export type LookerExaminationClient = {
  /** `GET /versions`, with a token where Looker asks for one. */
  readonly versions: (token: Secret | undefined, deadline: Deadline) => Promise<LookerVersions>
  /** `GET /user`: whether the token is of somebody. */
  readonly user: (token: Secret, deadline: Deadline) => Promise<void>
  /** `GET /setting?fields=embed_enabled,embed_config` */
  readonly embedSetup: (token: Secret, deadline: Deadline) => Promise<EmbedSetup>
  /** `GET /users/credential/embed/{external_user_id}`; undefined when there is no such user. */
  readonly embedUserId: (
    token: Secret,
    externalUserId: string,
    deadline: Deadline,
  ) => Promise<string | undefined>
  /** `DELETE /users/{user_id}`; a user that Looker no longer has is a success. */
  readonly deleteUser: (token: Secret, userId: string, deadline: Deadline) => Promise<void>
}

/** The tree of embed permissions comes with the settings, whether it is wanted or not. */
const maxReplyBytes = 1_048_576

export const createLookerExaminationClient = (
  options: LookerClientOptions,
): LookerExaminationClient => {
  const { baseUrl, now, userAgent = 'looker-token-broker' } = options
  const exchange = createExchange({ maxReplyBytes, ...options })

  const send = (path: string, token: Secret | undefined, deadline: Deadline, method = 'GET') =>
    exchange(
      new URL(`/api/4.0${path}`, baseUrl),
      {
        method,
        headers: {
          accept: 'application/json',
          'user-agent': userAgent,
          ...(token === undefined ? {} : { authorization: `Bearer ${token.reveal()}` }),
        },
      },
      deadline,
    )

  return {
    versions: async (token, deadline) =>
      parseVersions(await send('/versions', token, deadline), now()),
    user: async (token, deadline) =>
      assertUser(await send('/user?fields=id', token, deadline), now()),
    embedSetup: async (token, deadline) => {
      const reply = await send('/setting?fields=embed_enabled,embed_config', token, deadline)
      return parseEmbedSetup(reply, now())
    },
    embedUserId: async (token, externalUserId, deadline) => {
      const path = `/users/credential/embed/${encodeURIComponent(externalUserId)}?fields=id`
      return parseEmbedUserId(await send(path, token, deadline), now())
    },
    deleteUser: async (token, userId, deadline) => {
      const path = `/users/${pathSegmentOf(userId)}`
      assertUserDeleted(await send(path, token, deadline, 'DELETE'), now())
    },
  }
}
