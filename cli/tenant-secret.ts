// `npm run tenant:secret -- --stage <stage>`: seals the Looker client secret, read from standard input,
// into the table of the stage. No deploy is needed: the next login that Looker refuses reads it. Exit
// code 0: stored, 1: not stored, 2: called wrongly (no such stage, wrong arguments).
import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import * as v from 'valibot'
import { createBroker, systemServices } from '../lib/broker.ts'
import { TenantError } from '../lib/config.ts'
import type { Tenant } from '../lib/config.ts'
import { BrokerError, KeysError, StoreError } from '../lib/errors.ts'
import { Secret } from '../lib/secret.ts'
import { clientSecretSchema, secretKeyOf, writeClientSecret } from '../lib/tokens/client-secret.ts'
import { awsVariables } from '../local/addresses.ts'
import { chooseLooker } from '../local/looker-choice.ts'
import { Remedy, messageOf } from './remedy.ts'
import { withoutSdkNotice } from './sdk-notice.ts'
import { keyIdOf, regionOf, tableNameOf } from './stage-names.ts'
import { UnknownStageError, localStage, readTenant } from './tenant-file.ts'

withoutSdkNotice()

const store = async (stage: string, region: string | undefined): Promise<void> => {
  process.env['AWS_REGION'] = regionOf(region)
  const tenant = tenantOf(stage)
  const secret = await readSecret()
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
  const { AWS_REGION } = process.env
  console.log(
    `Stored for ${clientId} at ${instance} in ${tableName} (${AWS_REGION}), version ${version}.`,
  )
}

/** On one machine, Looker, table and key are what `npm start` takes with the same variables. */
const tenantOf = (stage: string): Tenant => {
  const tenant = readTenant(process.cwd(), stage)
  if (stage !== localStage) return tenant
  try {
    Object.assign(process.env, awsVariables(process.env))
    return chooseLooker(tenant, process.env).tenant
  } catch (error) {
    throw error instanceof TenantError ? error : new Remedy(messageOf(error))
  }
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

const writerRole =
  'do these credentials have its role SecretWriterRoleArn (npx serverless info --stage <stage> --verbose)?'

const remedies: Readonly<Record<StoreError['failure'], string>> = {
  throttled: 'The table asks to slow down. Run it again.',
  unavailable: 'The table cannot be reached. Check the region and the network.',
  refused: `The table refuses. Is the stage deployed in this region, and ${writerRole}`,
}

const notRunning =
  'The table of this machine cannot be reached: is npm start running, and with Java 17? A table in memory takes no secret from outside.'

const explain = (error: unknown, stage: string): string => {
  if (error instanceof StoreError) {
    const away = stage === localStage && error.failure === 'unavailable'
    return `${away ? notRunning : remedies[error.failure]} (${error.message})`
  }
  if (error instanceof KeysError) {
    return `The key of the stage gives no data key. Can KMS be reached in this region, and ${writerRole} (${error.message})`
  }
  const told = [Remedy, TenantError, UnknownStageError, BrokerError]
  if (told.some((kind) => error instanceof kind)) return messageOf(error)
  throw error
}

await new Command('tenant:secret')
  .description('Seals the Looker client secret from standard input into the table of a stage')
  .requiredOption('--stage <stage>', 'name of the file in tenants/, without .yml')
  .option('--region <region>', 'as for deploying; else AWS_REGION, AWS_DEFAULT_REGION, us-east-1')
  // Somebody may have given the secret as an option.
  .configureOutput({ outputError: (line, write) => write(line.replace(/=.*'/, "'")) })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async ({ stage, region }: { stage: string; region?: string }) => {
    try {
      await store(stage, region)
    } catch (error) {
      console.error(explain(error, stage))
      process.exitCode = error instanceof UnknownStageError ? 2 : 1
    }
  })
  .parseAsync()
