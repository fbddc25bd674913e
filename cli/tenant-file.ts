// Finds, reads and compiles the tenant file of a stage, for everything that needs it before run time:
// the check command, packaging, and the start on one machine. What a file may say is in lib/config.ts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import { TenantError, parseTenant } from '../lib/config.ts'
import type { Tenant } from '../lib/config.ts'

/** The one stage that runs on this machine only. */
export const localStage = 'local'

/** Part of function names, which AWS limits to 64 characters. */
export const stageName = /^[a-z][a-z0-9-]{0,17}$/
const stageRule = 'a lower-case letter, then up to 17 lower-case letters, digits and -'

/** No tenant file of that name. The message lists the stages there are. */
export class UnknownStageError extends Error {
  constructor(stage: string | undefined, stages: readonly string[]) {
    super(`${whyUnknown(stage)}. Stages: ${stages.join(', ') || 'none'}`)
    this.name = 'UnknownStageError'
  }
}

const whyUnknown = (stage: string | undefined): string => {
  if (stage === undefined) return 'No stage is named'
  return stageName.test(stage)
    ? `There is no tenants/${stage}.yml`
    : `No stage can be named ${stage}: it is ${stageRule}`
}

/** All stages that have a tenant file, sorted. `root` is the folder with `tenants/` in it. */
export const stagesIn = (root: string): readonly string[] => {
  const folder = join(root, 'tenants')
  const files = existsSync(folder) ? readdirSync(folder) : []
  return files
    .filter((file) => file.endsWith('.yml'))
    .map((file) => file.slice(0, -'.yml'.length))
    .filter((stage) => stageName.test(stage))
    .toSorted()
}

/** Errors: `UnknownStageError`, `TenantError`. */
export const readTenant = (root: string, stage: string | undefined): Tenant => {
  const stages = stagesIn(root)
  // Looked up and never joined unseen, so a stage cannot be a path.
  if (stage === undefined || !stages.includes(stage)) throw new UnknownStageError(stage, stages)
  return compileTenant(stage, readFileSync(join(root, 'tenants', `${stage}.yml`), 'utf8'))
}

/** The tenant of a stage from the text of its file, defaults filled in. Errors: `TenantError`. */
export const compileTenant = (stage: string, yamlText: string): Tenant =>
  parseTenant(readYaml(yamlText), { allowLoopback: stage === localStage })

const readYaml = (yamlText: string): unknown => {
  const lines = new LineCounter()
  // Pretty errors would quote the file, and with it whatever somebody pasted there.
  const document = parseDocument(yamlText, { merge: true, prettyErrors: false, lineCounter: lines })
  const problems = [...document.errors, ...document.warnings].map(({ pos, message }) => ({
    path: `line ${lines.linePos(pos[0]).line}`,
    message,
  }))
  if (problems.length > 0) throw new TenantError(problems)
  return withoutBombs(() => document.toJS({ maxAliasCount: 100 }))
}

const withoutBombs = (expand: () => unknown): unknown => {
  try {
    return expand()
  } catch {
    throw new TenantError([{ path: '(file)', message: 'has aliases that cannot be expanded' }])
  }
}
