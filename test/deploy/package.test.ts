// What `serverless package` makes of three tenants that differ: the templates, statement by statement, and
// the bundles. Packaging takes seconds, so each tenant is packaged once, and all checks of it are here.
import { beforeAll, describe, expect, it } from 'vitest'
import { checkApi } from './checks/api.ts'
import { checkBundles } from './checks/bundles.ts'
import { checkResources } from './checks/resources.ts'
import { checkRights } from './checks/rights.ts'
import { packageStage, stages } from './packaged.ts'
import type { Packaged, StageName } from './packaged.ts'

let packaged: ReadonlyMap<StageName, Packaged>

beforeAll(async () => {
  const made = stages.map(async (stage) => [stage, await packageStage(stage)] as const)
  packaged = new Map(await Promise.all(made))
}, 600_000)

describe.each(stages)('the tenant %s', (stage) => {
  const of = (): Packaged => {
    const found = packaged.get(stage)
    if (!found) throw new Error(`${stage} is not packaged`)
    return found
  }

  it('is packaged without a network', () => {
    expect(of().run.network).toBe('')
  })

  checkRights(stage, of)
  checkApi(stage, of)
  checkResources(stage, of)
  checkBundles(stage, of)
})
