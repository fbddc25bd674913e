// The customer's identity provider: signs tokens for whoever signed in, with the role that the user has.
import { exportJWK, generateKeyPair, SignJWT, type JSONWebKeySet } from 'jose'
import type { Clock } from '../../lib/time.ts'
import type { SignIn } from './sign-in.ts'

export const issuer = 'https://login.customer.test'
export const audience = 'looker'

export type IdentityProvider = {
  /** A sign-in token of an hour, that names the role of the user as `role`, and what is given besides. */
  readonly tokenFor: (
    signIn: SignIn,
    besides?: Readonly<Record<string, unknown>>,
  ) => Promise<string>
  /** Of the tokens that are issued from now on. Everybody begins as a `viewer`. */
  readonly setRole: (user: string, role: string) => void
  /** The next tokens, so many, are an hour and a minute old. */
  readonly giveExpired: (count: number) => void
  readonly keys: JSONWebKeySet
}

const lifeSeconds = 3_600

export const createIdentityProvider = async (clock: Clock): Promise<IdentityProvider> => {
  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const roles = new Map<string, string>()
  let toExpire = 0

  const issueSeconds = (): number => {
    const seconds = Math.floor(clock.now() / 1000)
    if (toExpire === 0) return seconds
    toExpire -= 1
    return seconds - lifeSeconds - 60
  }

  return {
    tokenFor: ({ user, atSeconds }, besides = {}) => {
      const seconds = issueSeconds()
      return new SignJWT({ ...besides, auth_time: atSeconds, role: roles.get(user) ?? 'viewer' })
        .setProtectedHeader({ alg: 'RS256', kid: 'key' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(user)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + lifeSeconds)
        .sign(privateKey)
    },
    setRole: (user, role) => {
      roles.set(user, role)
    },
    giveExpired: (count) => {
      toExpire = count
    },
    keys: { keys: [{ ...(await exportJWK(publicKey)), kid: 'key', alg: 'RS256' }] },
  }
}
