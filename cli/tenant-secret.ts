// `npm run tenant:secret -- --stage <stage>`: seals the Looker client secret, read from standard input,
// into the table of the stage. No deploy is needed: the next login that Looker refuses reads it.
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import * as v from 'valibot'
import { createBroker, systemServices } from '../lib/broker.ts'
import { TenantError } from '../lib/config.ts'
import { BrokerError, KeysError, StoreError } from '../lib/errors.ts'
import { Secret } from '../lib/secret.ts'
import { clientSecretSchema, secretKeyOf, writeClientSecret } from '../lib/tokens/client-secret.ts'
import { awsVariables } from '../local/addresses.ts'
import { keyIdOf, tableNameOf } from './stage-names.ts'
import { UnknownStageError, localStage, readTenant } from './tenant-file.ts'

/** What the operator can mend, in one line. */
class Remedy extends Error {}

const store = async (stage: string): Promise<void> => {
  const tenant = readTenant(process.cwd(), stage)
  const secret = await readSecret()
  // On one machine the stage's table and key are the doubles of `npm start`.
  if (stage === localStage) Object.assign(process.env, awsVariables(process.env))
  const tableName = process.env['TABLE_NAME'] ?? tableNameOf(stage)
  const services = systemServices({
    stage,
    tableName,
    keyId: process.env['KEY_ID'] ?? keyIdOf(stage),
  })
  const { sealer, clock } = createBroker({ stage, tableName, tenant }, services)
  const { base_url: instance, client_id: clientId } = tenant.looker
  const parts = { store: services.secrets, sealer, key: secretKeyOf({ instance, clientId }), clock }
  const { version, written } = await writeClientSecret(parts, secret)
  if (!written) throw new Remedy('Somebody else stored a secret at the same moment. Run it again.')
  console.log(`Stored for ${clientId} at ${instance} in ${tableName}, version ${version}.`)
}

const readSecret = async (): Promise<Secret> => {
  if (process.stdin.isTTY) {
    throw new Remedy('Give the secret on standard input, so that it is not shown, as in: < file')
  }
  const given = v.safeParse(clientSecretSchema, (await text(process.stdin)).trim())
  if (!given.success) {
    throw new Remedy('Standard input is no Looker client secret (8 to 256 visible characters).')
  }
  return new Secret(given.output)
}

const remedies: Readonly<Record<StoreError['failure'], string>> = {
  throttled: 'The table asks to slow down. Run it again.',
  unavailable: 'The table cannot be reached. Check the region and the network.',
  refused:
    'The table refuses. Is the stage deployed in this region, and do these credentials have the role SecretWriterRoleArn that the deploy printed?',
}

const explain = (error: unknown): string => {
  if (error instanceof StoreError) return `${remedies[error.failure]} (${error.message})`
  if (error instanceof KeysError) {
    return `The key of the stage gives no data key: do these credentials have the role SecretWriterRoleArn? (${error.message})`
  }
  const told = [Remedy, TenantError, UnknownStageError, BrokerError]
  if (told.some((kind) => error instanceof kind) && error instanceof Error) return error.message
  throw error
}

await new Command('tenant:secret')
  .description('Seals the Looker client secret from standard input into the table of a stage')
  .requiredOption('--stage <stage>', 'name of the file in tenants/, without .yml')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async ({ stage }: { stage: string }) => {
    try {
      await store(stage)
    } catch (error) {
      console.error(explain(error))
      process.exitCode = 1
    }
  })
  .parseAsync()
