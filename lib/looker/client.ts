// placeholder for the contract; the implementation follows
import type { Secret } from '../secret.ts'
import type { Deadline } from '../time.ts'
import type { Workspace } from '../tokens/principal.ts'

export type AccessToken = {
  readonly token: Secret
  /** Whole seconds from the moment the reply was judged, at least 1. */
  readonly expiresInSeconds: number
}

/** The calls of Looker's API 4.0 that the broker makes. All throw `LookerError`, within the deadline. */
export type LookerClient = {
  /** `POST /login`, credentials in the form body. */
  readonly login: (
    credentials: { readonly clientId: string; readonly clientSecret: Secret },
    deadline: Deadline,
  ) => Promise<AccessToken>
  /** `POST /login/{user_id}` with the service account's token. */
  readonly loginUser: (base: Secret, userId: string, deadline: Deadline) => Promise<AccessToken>
  /** `PATCH /session`; resolves only when Looker confirms the workspace. */
  readonly switchWorkspace: (
    token: Secret,
    workspace: Workspace,
    deadline: Deadline,
  ) => Promise<void>
  /** `DELETE /logout`; a token that Looker no longer knows is a success. */
  readonly logout: (token: Secret, deadline: Deadline) => Promise<void>
}
