// `npm run doctor -- --stage <stage>`: examines a deployed stage and its Looker, and says of everything that
// is wrong what to do; without a stage, what `npm start` runs. Exit code 0: nothing failed, 1: something
// did, 2: called wrongly (no such stage, wrong arguments).
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { Command } from 'commander'
import { TenantError } from '../lib/config.ts'
import { settingsDigest } from '../lib/doctor/settings-digest.ts'
import { awsVariables, loopback, portsOf } from '../local/addresses.ts'
import { readTableDefinition } from '../local/serverless-config.ts'
import { createFunctionCall, lambdaClientFor } from './function-call.ts'
import { examineStage } from './doctor/examine-stage.ts'
import type { Examination } from './doctor/examine-stage.ts'
import { countsOf, jsonReport, paintFor, textReport } from './doctor/report.ts'
import { withoutSdkNotice } from './sdk-notice.ts'
import { keyIdOf, regionOf, tableNameOf } from './stage-names.ts'
import { regionHelp } from './stage-option.ts'
import { UnknownStageError, localStage, readTenant } from './tenant-file.ts'

withoutSdkNotice()

type Options = { readonly stage: string; readonly region?: string; readonly json?: true }

const doctor = async ({ stage, region: given, json }: Options): Promise<void> => {
  const file = fileOf(stage)
  if (stage === localStage) useDoubles()
  const region = regionOf(given)
  const known = {
    stage,
    region,
    ...file,
    definition: readTableDefinition(new URL('../serverless.yml', import.meta.url)),
    tableName: tableNameOf(stage),
    keyId: keyIdOf(stage),
    ...(stage === localStage ? { local: await gatewayOf() } : {}),
  }
  const client = lambdaClientFor({ stage, region })
  const callFunction = createFunctionCall(client, { stage, key: 'examineLookerDirect' })
  const findings = await examineStage({ known, clients: clientsIn(region), callFunction })
  console.log(
    json
      ? jsonReport({ stage, region }, findings)
      : textReport(stage, findings, paintFor(process.stdout)),
  )
  process.exitCode = countsOf(findings).failed > 0 ? 1 : 0
}

/** What the caller has to write otherwise. */
class WrongCall extends Error {}

/** Errors: `WrongCall` for a `PORT` that is none. */
const useDoubles = (): void => {
  try {
    Object.assign(process.env, awsVariables(process.env))
  } catch (error) {
    throw new WrongCall(error instanceof Error ? error.message : 'unknown')
  }
}

type File = Pick<Examination['known'], 'tenantMistakes' | 'settings'>

/** Errors: `UnknownStageError`. */
const fileOf = (stage: string): File => {
  try {
    const tenant = readTenant(process.cwd(), stage)
    return { tenantMistakes: undefined, settings: settingsDigest(tenant) }
  } catch (error) {
    if (error instanceof TenantError) return { tenantMistakes: error.message, settings: undefined }
    throw error
  }
}

const gatewayOf = async (): Promise<NonNullable<Examination['known']['local']>> => {
  const address = loopback(portsOf(process.env).gateway)
  const isRunning = await fetch(`${address}/health`, { signal: AbortSignal.timeout(20_000) }).then(
    ({ ok }) => ok,
    () => false,
  )
  return { address, isRunning }
}

const clientsIn = (region: string): Examination['clients'] => {
  const requestHandler = {
    connectionTimeout: 3_000,
    requestTimeout: 8_000,
    throwOnRequestTimeout: true,
  }
  const options = { region, maxAttempts: 2, requestHandler }
  return { table: new DynamoDBClient(options), keys: new KMSClient(options) }
}

await new Command('doctor')
  .description('Examines a stage and its Looker, and says what to do about what is wrong')
  .option('--stage <stage>', 'name of the file in tenants/, without .yml', localStage)
  .option('--region <region>', regionHelp)
  .option('--json', 'for machines')
  .allowExcessArguments(false)
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (options: Options) => {
    try {
      await doctor(options)
    } catch (error) {
      if (!(error instanceof UnknownStageError || error instanceof WrongCall)) throw error
      console.error(error.message)
      process.exitCode = 2
    }
  })
  .parseAsync()
