// `npm run tenant:remove -- --stage <stage>`: ends the sessions of a stage and logs its tokens out, then removes its
// stack and its table. Run again after a failure, it goes on. Exit code 0: removed, 1: not, 2: called wrongly.
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { Command } from 'commander'
import { assertConfirmed } from './confirm.ts'
import { lambdaClientFor } from './function-call.ts'
import { Remedy } from './remedy.ts'
import { removeStage } from './remove-stage.ts'
import { createRevoke } from './revoke-calls.ts'
import { revokeEverything } from './revoke.ts'
import { withoutSdkNotice } from './sdk-notice.ts'
import { serverlessRemove } from './serverless-remove.ts'
import { regionOf, stackNameOf, tableNameOf } from './stage-names.ts'
import { parseMinutes, parseStage, regionHelp } from './stage-option.ts'
import { createStackParts, createTableParts } from './stage-resources.ts'
import { localStage, stagesIn } from './tenant-file.ts'

withoutSdkNotice()

const root = fileURLToPath(new URL('..', import.meta.url))

type Options = {
  readonly stage: string
  readonly region?: string
  readonly wait: number
  readonly skipRevoke?: true
  readonly force?: true
  readonly dryRun?: true
  readonly yes?: true
}

const tell = (line: string): void => console.log(line)

const remove = async (options: Options): Promise<void> => {
  const { stage, wait, yes } = options
  const region = regionOf(options.region)
  await removeStage(
    {
      ...createStackParts(new CloudFormationClient({ region }), stackNameOf(stage)),
      ...createTableParts(new DynamoDBClient({ region }), tableNameOf(stage)),
      removeStack: () => serverlessRemove(root, { stage, region }),
      revoke: () =>
        revokeEverything({
          revoke: createRevoke(lambdaClientFor({ stage, region }), stage),
          what: ['sessions', 'tokens'],
          waitMs: wait * 60_000,
          clock: { now: Date.now, sleep },
          tell,
        }),
      confirm: async () => {
        if (!yes) await assertConfirmed(stage, `This removes ${stage} from ${region} for good.`)
      },
      tell,
    },
    {
      stage,
      region,
      dryRun: options.dryRun === true,
      skipRevoke: options.skipRevoke === true,
      force: options.force === true,
    },
  )
  if (stagesIn(root).includes(stage) && !options.dryRun) {
    tell(`tenants/${stage}.yml is still there: delete it, or it is deployed again.`)
  }
}

const program = new Command('tenant:remove')
  .description('Ends the sessions of a stage, logs its tokens out, and removes its stack and table')
  .requiredOption('--stage <stage>', 'as it was deployed; the tenant file may be gone', parseStage)
  .option('--region <region>', regionHelp)
  .option('--wait <minutes>', 'for so long, while Looker does not confirm', parseMinutes, 5)
  .option('--skip-revoke', 'leaves sessions and tokens at Looker to their own end')
  .option('--force', 'goes on although Looker has not confirmed everything')
  .option('--dry-run', 'says what it would do')
  .option('--yes', 'does not ask')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

await program
  .action(async (options: Options) => {
    if (options.stage === localStage) {
      program.error('error: the stage local is npm start: end that, and nothing is left of it')
    }
    try {
      await remove(options)
    } catch (error) {
      if (!(error instanceof Remedy)) throw error
      console.error(error.message)
      process.exitCode = 1
    }
  })
  .parseAsync()
