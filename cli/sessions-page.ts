// `npm run build:pages -- --config <file>`: the Sessions page for one stage, in dist-pages/, to be put on any static
// host. Exit code 0: built, 1: not built, 2: called wrongly.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { ValiError } from 'valibot'
import { sessionsPageFiles } from './sessions-page-files.ts'

const folder = 'dist-pages'

const write = async (config: string): Promise<void> => {
  const files = await sessionsPageFiles(JSON.parse(readFileSync(config, 'utf8')))
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const { name, text } of files) writeFileSync(join(folder, name), text)
  console.log(
    `Built for the settings in ${config}: ${folder}/${files.map(({ name }) => name).join(', ')}`,
  )
}

const explain = (error: unknown, config: string): string => {
  if (error instanceof SyntaxError) return `${config} is no JSON.`
  if (error instanceof ValiError) return `${config}: ${error.message}`
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
    return `There is no ${config}. Copy pages/sessions/config.example.json.`
  }
  throw error
}

await new Command('build:pages')
  .description('Builds the Sessions page of a stage')
  .requiredOption('--config <file>', 'settings of the page, as pages/sessions/config.example.json')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(async ({ config }: { config: string }) => {
    try {
      await write(config)
    } catch (error) {
      console.error(explain(error, config))
      process.exitCode = 1
    }
  })
  .parseAsync()
