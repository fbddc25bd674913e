// `npm run tenant:revoke -- --stage <stage>`: after an incident, ends every embed session of a stage and logs out
// every stored API token, through its function revokeEverythingDirect. Exit code 0: all of it, 1: something is
// left or it was not done, 2: called wrongly.
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { assertConfirmed } from './confirm.ts'
import { lambdaClientFor } from './function-call.ts'
import { Remedy } from './remedy.ts'
import { createRevoke } from './revoke-calls.ts'
import type { What } from './revoke-calls.ts'
import { revokeEverything } from './revoke.ts'
import { withoutSdkNotice } from './sdk-notice.ts'
import { parseMinutes, parseStage, regionHelp } from './stage-option.ts'

withoutSdkNotice()

type Options = {
  readonly stage: string
  readonly region?: string
  readonly sessions?: true
  readonly tokens?: true
  readonly wait: number
  readonly yes?: true
}

/** Sessions first: their ends at Looker need a token. */
const whatOf = ({ sessions, tokens }: Options): readonly What[] => {
  if (sessions === tokens) return ['sessions', 'tokens']
  return sessions ? ['sessions'] : ['tokens']
}

const consequences: Readonly<Record<What, string>> = {
  sessions: 'signs every user out of Looker',
  tokens: 'logs out every API token',
}

const revoke = async (options: Options): Promise<void> => {
  const { stage, region, wait, yes } = options
  const what = whatOf(options)
  const question = `This ${what.map((part) => consequences[part]).join(' and ')} of ${stage}.`
  if (!yes) await assertConfirmed(stage, question)
  const left = await revokeEverything({
    revoke: createRevoke(lambdaClientFor({ stage, region }), stage),
    what,
    waitMs: wait * 60_000,
    clock: { now: Date.now, sleep },
    tell: (line) => console.log(line),
  })
  if (left > 0) {
    throw new Remedy('Run it again once Looker answers, or with --wait 10 to ask for ten minutes.')
  }
}

await new Command('tenant:revoke')
  .description('Ends all embed sessions of a stage and logs out all its API tokens')
  .requiredOption(
    '--stage <stage>',
    'as it was deployed; the tenant file is not needed',
    parseStage,
  )
  .option('--region <region>', regionHelp)
  .option('--sessions', 'the embed sessions alone')
  .option('--tokens', 'the API tokens alone')
  .option('--wait <minutes>', 'for so long, while Looker does not confirm', parseMinutes, 0)
  .option('--yes', 'does not ask')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async (options: Options) => {
    try {
      await revoke(options)
    } catch (error) {
      if (!(error instanceof Remedy)) throw error
      console.error(error.message)
      process.exitCode = 1
    }
  })
  .parseAsync()
