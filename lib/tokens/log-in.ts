// One login at Looker for a principal: which calls, with whose credentials, and who is to blame.
import { BrokerError, KeysError, LookerError, StoreError } from '../errors.ts'
import type { LookerFailure } from '../errors.ts'
import type { AccessToken, LookerClient } from '../looker/client.ts'
import type { Secret } from '../secret.ts'
import { deadlineIn } from '../time.ts'
import type { Clock, Deadline } from '../time.ts'
import type { ClientSecret } from './client-secret.ts'
import { givenVersion } from './given-secret.ts'
import type { Principal } from './principal.ts'
import type { KnownSecret } from './token-record.ts'
import type { Token } from './token.ts'

const logoutMs = 1_000

export type LoginResult =
  | {
      readonly ok: true
      readonly secret: Secret
      readonly issuedAtMs: number
      readonly expiresAtMs: number
      /** What Looker took, without what it took to have the secret. */
      readonly tookMs: number
      /** The stored one, to go with the token; never one that a caller brought. */
      readonly clientSecret?: KnownSecret
    }
  | {
      readonly ok: false
      readonly reason: LookerFailure | 'secret-missing'
      readonly status?: number | undefined
      readonly retryAfterMs?: number | undefined
      /** Version of the secret that Looker refused or that does not open; 0 when there is none. */
      readonly secretVersion?: number | undefined
    }

export type LogIn = {
  /**
   * Logs in within the deadline, with the secret in the table alone if `refused` says that Looker refused
   * one before; a user with the service account's token as `base`. A refusal or failure
   * of Looker is a result (`refused-token`: of the base); what happens to our own parts is thrown
   * (`BrokerError`, `KeysError`, `StoreError`).
   */
  readonly logIn: (
    principal: Principal,
    base: Token | undefined,
    deadline: Deadline,
    refused?: boolean,
  ) => Promise<LoginResult>
  /** Revokes a token that nobody else knows. Best effort: never throws. */
  readonly logOut: (token: Secret) => Promise<void>
}

export const createLogIn = (parts: {
  looker: LookerClient
  clientSecret: ClientSecret
  clock: Clock
}): LogIn => ({
  logIn: async (principal, base, deadline, refused = false) => {
    const issued = stopwatch(parts.clock)
    try {
      const login = base
        ? await asUser(parts, { principal, base }, deadline)
        : await asServiceAccount(parts, { principal, refused }, deadline)
      if ('ok' in login) return login
      const issuedAtMs = issued()
      if (principal.workspace === 'dev') await switchOrTidy(parts, login.access, deadline)
      return {
        ok: true,
        secret: login.access.token,
        issuedAtMs,
        expiresAtMs: issuedAtMs + login.access.expiresInSeconds * 1000,
        tookMs: parts.clock.monotonic() - login.startedMs,
        ...(login.clientSecret ? { clientSecret: login.clientSecret } : {}),
      }
    } catch (error) {
      if (error instanceof LookerError) return failed(error)
      throw error
    }
  },
  logOut: (token) => logOut(parts, token),
})

/** When it was made, by the wall clock of then or of now: whichever lets a token end earlier. */
const stopwatch = ({ now, monotonic }: Clock): (() => number) => {
  const [startedAtMs, startedMs] = [now(), monotonic()]
  return () => Math.floor(Math.min(startedAtMs, now() - (monotonic() - startedMs)))
}

const userOf = ({ userId }: Principal): string => {
  if (userId === undefined) throw new BrokerError('internal', 'A base is for users only.')
  return userId
}

type Access = {
  readonly access: AccessToken
  /** Monotonic. */
  readonly startedMs: number
  readonly clientSecret?: KnownSecret
}

const asUser = async (
  { looker, clock }: { looker: LookerClient; clock: Clock },
  { principal, base }: { readonly principal: Principal; readonly base: Token },
  deadline: Deadline,
): Promise<Access> => ({
  startedMs: clock.monotonic(),
  access: await looker.loginUser(base.secret, userOf(principal), deadline),
})

const failed = (error: LookerError, secretVersion?: number): LoginResult & { ok: false } => ({
  ok: false,
  reason: error.failure,
  status: error.status,
  retryAfterMs: error.retryAfterMs,
  secretVersion,
})

const asServiceAccount = async (
  {
    looker,
    clientSecret,
    clock,
  }: { looker: LookerClient; clientSecret: ClientSecret; clock: Clock },
  { principal, refused }: { readonly principal: Principal; readonly refused: boolean },
  deadline: Deadline,
): Promise<Access | (LoginResult & { ok: false })> => {
  const { clientId } = principal
  const logInWith = async (known: KnownSecret): Promise<Access> => ({
    startedMs: clock.monotonic(),
    access: await looker.login({ clientId, clientSecret: known.secret }, deadline),
    // One that a caller brought is its own: it goes into no record that others read.
    ...(known.version === givenVersion ? {} : { clientSecret: known }),
  })
  // Once Looker refused a secret, only the stored one may be tried, even if that cannot be had just now.
  const known = await present(refused ? clientSecret.reread : clientSecret.get)
  if (!known) {
    return {
      ok: false,
      reason: 'secret-missing',
      secretVersion: (await clientSecret.version()) ?? 0,
    }
  }
  try {
    return await logInWith(known)
  } catch (error) {
    if (!isRefusal(error)) throw error
    const stored = await anew(clientSecret)
    if (!stored || stored.version === known.version) return failed(error, known.version)
    try {
      return await logInWith(stored)
    } catch (again) {
      if (!isRefusal(again)) throw again
      return failed(again, stored.version)
    }
  }
}

const isRefusal = (error: unknown): error is LookerError =>
  error instanceof LookerError && error.failure === 'refused-credentials'

const present = async (read: () => Promise<KnownSecret>): Promise<KnownSecret | undefined> => {
  try {
    return await read()
  } catch (error) {
    if (error instanceof BrokerError && error.code === 'secret-missing') return undefined
    throw error
  }
}

/** Undefined when it cannot be had: then Looker's refusal is all there is to tell. */
const anew = async ({ reread }: ClientSecret): Promise<KnownSecret | undefined> => {
  try {
    return await present(reread)
  } catch (error) {
    if (error instanceof StoreError || error instanceof KeysError) return undefined
    throw error
  }
}

/** A production token must never pass for dev, so a switch that fails is a failed login. */
const switchOrTidy = async (
  parts: { looker: LookerClient; clock: Clock },
  access: AccessToken,
  deadline: Deadline,
): Promise<void> => {
  try {
    await parts.looker.switchWorkspace(access.token, 'dev', deadline)
  } catch (error) {
    await logOut(parts, access.token)
    throw isOwnTokenRefused(error) ? notConfirmed(error) : error
  }
}

/** At the switch it is the new token that Looker refuses, not the base. */
const isOwnTokenRefused = (error: unknown): error is LookerError =>
  error instanceof LookerError && error.failure === 'refused-token'

const notConfirmed = ({ status, message }: LookerError): LookerError =>
  new LookerError('workspace-not-confirmed', message, { status })

const logOut = async (
  { looker, clock }: { looker: LookerClient; clock: Clock },
  token: Secret,
): Promise<void> => {
  try {
    await looker.logout(token, deadlineIn(clock, logoutMs))
  } catch {
    // Looker ends the token by itself within the hour.
  }
}
