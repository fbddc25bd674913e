// What the doctor's function is made of. One object, made in `lib/doctor-broker.ts`.
import type { Tenant } from '../config.ts'
import type { LookerClient } from '../looker/client.ts'
import type { LookerEmbedClient } from '../looker/embed-client.ts'
import type { LookerExaminationClient } from '../looker/examination-client.ts'
import { LookerError } from '../errors.ts'
import { atMost } from '../time.ts'
import type { Clock, Deadline } from '../time.ts'
import type { ClientSecret } from '../tokens/client-secret.ts'
import type { Outcome } from './facts.ts'

export type DoctorParts = {
  readonly stage: string
  readonly tenant: Tenant
  /** Makes a data key, for nothing. Errors: `KeysError`. */
  readonly useKey: () => Promise<unknown>
  readonly clientSecret: Pick<ClientSecret, 'get' | 'version'>
  readonly looker: Pick<LookerClient, 'login' | 'loginUser' | 'logout'> &
    LookerEmbedClient &
    LookerExaminationClient
  readonly clock: Clock
  /** Random text, for the name of a user. */
  readonly newName: () => string
}

/** A Looker that hangs must leave time for the other checks. */
const longestCallMs = 8_000

/** A refusal or failure of Looker is a fact like any other. */
export const attempt = async <T>(
  clock: Clock,
  deadline: Deadline,
  call: (deadline: Deadline) => Promise<T>,
): Promise<Outcome<T>> => {
  try {
    return { ok: true, value: await call(atMost(clock, longestCallMs, deadline)) }
  } catch (error) {
    if (!(error instanceof LookerError)) throw error
    return { ok: false, failure: error.failure, status: error.status }
  }
}
