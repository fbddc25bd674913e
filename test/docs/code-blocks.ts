// The code that a page of docs/ shows, by the name that stands after its language.
import { readFileSync } from 'node:fs'

/** Of ` ```js page.js ` the name is `page.js`. Blocks without a name are left out. */
export const codeBlocks = (markdown: string): ReadonlyMap<string, string> =>
  new Map(
    [...markdown.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, name = '', code = '']) => [
      name,
      code,
    ]),
  )

export const migrationPage = (): string =>
  readFileSync(new URL('../../docs/migration.md', import.meta.url), 'utf8')

/** Errors: when docs/migration.md has no block of this name. */
export const migrationBlock = (name: string): string => {
  const code = codeBlocks(migrationPage()).get(name)
  if (code === undefined) throw new Error(`docs/migration.md shows no ${name}`)
  return code
}
