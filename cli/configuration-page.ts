// `npm run docs:configuration`: writes the table of settings into docs/configuration.md. With --check it
// only says whether the page is as the schema has it. Exit code 0: it is, or was written; 1: it is not.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { format, resolveConfig } from 'prettier'
import { tenantSchema } from '../lib/config.ts'
import { withSettings } from './settings-table.ts'

const path = fileURLToPath(new URL('../docs/configuration.md', import.meta.url))

await new Command('docs:configuration')
  .description('Writes the table of settings of the reference page')
  .option('--check', 'only say whether it is as the schema has it')
  .action(async ({ check = false }: { check?: boolean }) => {
    const page = readFileSync(path, 'utf8')
    const raw = withSettings(page, tenantSchema({ allowLoopback: false }))
    const written = await format(raw, { ...(await resolveConfig(path)), filepath: path })
    if (!check) writeFileSync(path, written)
    if (check && written !== page) {
      console.error('docs/configuration.md is not as the schema has it: npm run docs:configuration')
      process.exitCode = 1
    }
  })
  .parseAsync()
