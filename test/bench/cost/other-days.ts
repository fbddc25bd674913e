// What one would use in the broker's place, over the same day: each does per request what its users do.
import { createKmsDouble } from '../../../local/kms/double.ts'
import { createSdkCaller } from '../herd/sdk-herd.ts'
import { credentials } from '../herd/stage.ts'
import { createLookerSimulator } from '../../../local/looker/server.ts'
import type { Contestant } from './day.ts'
import { createTally } from './tally.ts'
import type { Tally } from './tally.ts'

const context = { stage: 'bench' }

/** One token for all environments, replaced every hour. */
const sharing = (
  name: string,
  tally: Tally,
  { ask, renew }: { readonly ask: () => unknown; readonly renew: () => unknown },
): Contestant => {
  let minute = 0
  let logins = 0
  return {
    name,
    warmGrows: 'with requests',
    coldStart: () => ({ ask: async () => ask() }),
    everyMinute: async () => {
      if (minute % 60 === 0) {
        logins += 1
        renew()
      }
      minute += 1
    },
    skip: () => undefined,
    take: tally.take,
    logins: () => logins,
  }
}

/** The token is a secret of Secrets Manager, read for each request. */
export const createSecretsDay = (): Contestant => {
  const tally = createTally()
  const call = () => tally.add('secretCall')
  return sharing('Secrets Manager per read', tally, { ask: call, renew: call })
}

/** The token is an item that KMS encrypted, read and decrypted for each request. */
export const createKmsDay = (): Contestant => {
  const tally = createTally()
  const kms = createKmsDouble()
  const call = <T>(act: () => T): T => {
    tally.add('kmsCall')
    return act()
  }
  const outcome = kms.generateDataKey('alias/bench', context)
  if (!('answer' in outcome)) throw new Error('KMS gave no key')
  const { wrapped } = outcome.answer
  return sharing('KMS per read', tally, {
    ask: () => {
      tally.add('readUnit')
      call(() => kms.decrypt('alias/bench', wrapped, context))
    },
    renew: () => {
      call(() => kms.generateDataKey('alias/bench', context))
      tally.add('writeUnit')
    },
  })
}

/** A conditional write comes first, as with Powertools idempotency around the login; it mostly fails, and is paid. */
export const createWriteFirstDay = (): Contestant => {
  const tally = createTally()
  const write = () => tally.add('writeUnit')
  return sharing('write first', tally, { ask: write, renew: write })
}

/** Looker's own session for Node in each environment. `close` ends the Looker that it asks. */
export const startSdkDay = async (): Promise<Contestant & { close: () => Promise<void> }> => {
  const looker = createLookerSimulator({
    clientId: credentials.client_id,
    clientSecret: credentials.client_secret,
  })
  const server = await looker.listen()
  return {
    name: 'sdk-node per Lambda',
    coldStart: () => ({ ask: createSdkCaller(server.url, credentials) }),
    warmGrows: 'with requests',
    everyMinute: undefined,
    skip: () => undefined,
    take: () => undefined,
    logins: () => looker.counts().logins,
    close: server.close,
  }
}
