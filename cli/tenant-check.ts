// `npm run tenant:check -- <stage>`: says whether the tenant file of a stage can be deployed, and if not
// names every mistake. Exit code 0: good, 1: mistakes, 2: called wrongly (no such stage, wrong arguments).
import { Command } from 'commander'
import { TenantError } from '../lib/config.ts'
import { UnknownStageError, readTenant } from './tenant-file.ts'

const check = (stage: string): void => {
  try {
    const tenant = readTenant(process.cwd(), stage)
    const callers = tenant.api_tokens.callers.length
    console.log(`tenants/${stage}.yml is good: ${tenant.looker.base_url}, ${callers} callers`)
  } catch (error) {
    if (!(error instanceof TenantError || error instanceof UnknownStageError)) throw error
    console.error(error.message)
    process.exitCode = error instanceof TenantError ? 1 : 2
  }
}

new Command('tenant:check')
  .description('Checks the tenant file of a stage')
  .argument('<stage>', 'name of the file in tenants/, without .yml')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(check)
  .parse()
