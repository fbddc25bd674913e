// `POST /api-token` and its direct twin, without their envelopes: what may be asked, by whom, and the
// answer.
import * as v from 'valibot'
import { BrokerError } from '../errors.ts'
import { mayHave } from '../identity/rights.ts'
import type { Rights } from '../identity/rights.ts'
import type { Clock, Deadline } from '../time.ts'
import type { Principal } from './principal.ts'
import type { GetToken } from './get-token.ts'
import { expiresInSeconds } from './token.ts'
import type { Token } from './token.ts'

const fields = {
  /** Looker user whose token is asked for; without it, the service account's. */
  user_id: v.optional(
    v.pipe(v.string('write a text'), v.regex(/^\d{1,20}$/, 'write 1 to 20 digits')),
  ),
  workspace: v.optional(v.picklist(['production', 'dev'], 'write production or dev'), 'production'),
  /**
   * Seconds that the token should last, 0 to 3300, default 0. A token with less is renewed once; if that
   * fails, the answer may have less.
   */
  min_ttl: v.optional(
    v.pipe(
      v.number('write a number'),
      v.integer('write whole seconds'),
      v.minValue(0, 'write 0 to 3300'),
      v.maxValue(3300, 'write 0 to 3300'),
    ),
    0,
  ),
  /** SHA-256 of a token that Looker refused, in unpadded base64url. */
  refused: v.optional(
    v.pipe(
      v.string('write a text'),
      v.regex(/^[\w-]{43}$/, 'write a SHA-256 as 43 characters of base64url'),
    ),
  ),
}

/** Every unknown field is named, not the first one alone. */
export const apiTokenRequest = v.objectWithRest(fields, v.never())

export type ApiTokenRequest = v.InferOutput<v.ObjectSchema<typeof fields, undefined>>

/** RFC 6749 section 5.1, and whose token it is. */
export type ApiTokenAnswer = {
  readonly access_token: string
  readonly token_type: 'Bearer'
  /** Seconds left now, rounded down. */
  readonly expires_in: number
  /** The same end as an instant, ISO 8601. */
  readonly expires_at: string
  readonly workspace: 'production' | 'dev'
  /** Null for the service account. */
  readonly user_id: string | null
  /** Origin of the Looker that the token is for. */
  readonly base_url: string
}

export type ApiTokenCaller = {
  /** For the log, when it is refused: `123456789012/nightly-reports`, or `direct`. */
  readonly name: string
  readonly rights: Rights
}

export type IssueApiToken = (
  request: ApiTokenRequest,
  caller: ApiTokenCaller,
  deadline: Deadline,
) => Promise<ApiTokenAnswer>

/** Errors: `forbidden`, before anything is called, and those of `GetToken`. */
export const createIssueApiToken =
  (parts: {
    readonly getToken: GetToken
    readonly client: { readonly instance: string; readonly clientId: string }
    readonly clock: Clock
  }): IssueApiToken =>
  async (request, caller, deadline) => {
    const { user_id: userId, workspace, min_ttl, refused } = request
    if (!mayHave(caller.rights, { userId, workspace })) {
      const about = { caller: caller.name, user_id: userId ?? 'service account', workspace }
      const message = 'This caller may not have a token of this kind.'
      throw new BrokerError('forbidden', message, { about })
    }
    const principal: Principal = {
      ...parts.client,
      ...(userId === undefined ? {} : { userId }),
      workspace,
    }
    const demand = { minTtlMs: min_ttl * 1000, refusedDigest: refused }
    return answerOf(await parts.getToken(principal, demand, deadline), principal, parts.clock)
  }

const answerOf = (token: Token, principal: Principal, clock: Clock): ApiTokenAnswer => ({
  access_token: token.secret.reveal(),
  token_type: 'Bearer',
  expires_in: expiresInSeconds(token, clock.now()),
  expires_at: new Date(token.expiresAtMs).toISOString(),
  workspace: principal.workspace,
  user_id: principal.userId ?? null,
  base_url: principal.instance,
})
