// Whether the function can use the key, and how the stored client secret stands.
import { is } from 'valibot'
import { BrokerError, KeysError, StoreError } from '../errors.ts'
import type { Secret } from '../secret.ts'
import type { Clock } from '../time.ts'
import { clientSecretSchema } from '../tokens/client-secret.ts'
import type { Facts, KeyUse, SecretStanding } from './facts.ts'
import type { DoctorParts } from './parts.ts'

type StageFacts = Pick<Facts, 'keyUse' | 'secret'> & { readonly clientSecret?: Secret }

/** `clientSecret`: there if it is good. */
export const gatherStage = async (parts: DoctorParts): Promise<StageFacts> => {
  const keyUse = await keyUseOf(parts)
  return keyUse.works ? { keyUse, ...(await secretOf(parts)) } : { keyUse }
}

const keyUseOf = async ({ useKey, clock }: DoctorParts): Promise<KeyUse> => {
  try {
    await patiently(clock, useKey)
    return { works: true }
  } catch (error) {
    if (error instanceof KeysError) return { works: false, why: error.message }
    throw error
  }
}

const attempts = 3
const pauseMs = 500

/** Key and table are given little time, as is right for a request; a doctor is not in a hurry. */
const patiently = async <T>(clock: Clock, call: () => Promise<T>): Promise<T> => {
  for (let left = attempts; ; left -= 1) {
    try {
      return await call()
    } catch (error) {
      if (left === 1 || !isOfAws(error)) throw error
      await clock.sleep(pauseMs)
    }
  }
}

const isOfAws = (error: unknown): error is KeysError | StoreError =>
  error instanceof KeysError || error instanceof StoreError

const secretOf = async (
  parts: DoctorParts,
): Promise<Pick<StageFacts, 'secret' | 'clientSecret'>> => {
  try {
    const { secret: clientSecret } = await patiently(parts.clock, parts.clientSecret.get)
    // Written by hand, or by an older command: what Looker would not take is not sent.
    if (!is(clientSecretSchema, clientSecret.reveal())) return { secret: { kind: 'malformed' } }
    return { secret: { kind: 'good' }, clientSecret }
  } catch (error) {
    return { secret: await standingOf(error, parts) }
  }
}

const standingOf = async (
  error: unknown,
  { clientSecret }: DoctorParts,
): Promise<SecretStanding> => {
  if (!(error instanceof BrokerError) || error.code !== 'secret-missing') return notRead(error)
  try {
    const isStored = (await clientSecret.version()) !== undefined
    return { kind: isStored ? 'does-not-open' : 'missing' }
  } catch (again) {
    return notRead(again)
  }
}

const notRead = (error: unknown): SecretStanding => {
  if (isOfAws(error)) return { kind: 'not-read', why: error.message }
  throw error
}
