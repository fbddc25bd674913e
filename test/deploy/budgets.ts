// What each function may weigh, as budgets.json says it, and what it weighs. Loading is judged by counts, which
// are the same on every machine; npm run bench:cold times it.
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import * as v from 'valibot'

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const budget = v.strictObject({
  bytes: count,
  gzipBytes: count,
  /** Of the bundle's source, while it loads. */
  bytesThatRan: count,
  functionsThatRan: count,
})

export type Budget = v.InferOutput<typeof budget>

const path = new URL('budgets.json', import.meta.url)

/** By the name of the function's file. */
export const budgets: Readonly<Record<string, Budget>> = v.parse(
  v.record(v.string(), budget),
  JSON.parse(readFileSync(path, 'utf8')),
)

const names = Object.keys(budget.entries)

/** What is more than it may be; and, for the budget to keep its meaning, what is far less. */
export const mistakesIn = (spent: Budget, allowed: Budget | undefined): readonly string[] => {
  if (!allowed)
    return [`no budget: add it to test/deploy/budgets.json, from ${JSON.stringify(spent)}`]
  return v.parse(v.array(v.keyof(budget)), names).flatMap((name) => {
    const text = `${name}: ${spent[name]} of ${allowed[name]}`
    if (spent[name] > allowed[name]) return [`${text}, too much`]
    return spent[name] < allowed[name] * leastShare ? [`${text}, lower the budget`] : []
  })
}

const leastShare = 0.85

const script = fileURLToPath(new URL('load-counts.cjs', import.meta.url))
const counted = v.object({
  bytesThatRan: count,
  functionsThatRan: count,
  nodeModules: v.array(v.string()),
})

/** In a process of its own. `folder` takes the file. */
export const countLoad = async (
  { name, code }: { readonly name: string; readonly code: Uint8Array },
  folder: string,
): Promise<v.InferOutput<typeof counted>> => {
  const file = join(folder, `${name}.cjs`)
  writeFileSync(file, code)
  const { stdout } = await promisify(execFile)(process.execPath, [script, file], { env: {} })
  return v.parse(counted, JSON.parse(stdout))
}
