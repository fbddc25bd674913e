// Vitest sequencer: what takes longest by waiting begins first, so that no run ends with one file alone. Vitest
// knows from an earlier run how long each took; a clean clone has none.
import { BaseSequencer } from 'vitest/node'
import type { TestSpecification } from 'vitest/node'

const longest = [
  'cli/tenant-revoke.test.ts',
  'deploy/package.test.ts',
  'local/start.test.ts',
  'scenarios/processes.test.ts',
  'canary/canary.test.ts',
  'canary/operator.test.ts',
  'readme.test.ts',
  'bench/herd.test.ts',
  'package/types.test.ts',
  'functions/embed-properties.test.ts',
]

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = longest.findIndex((name) => moduleId.endsWith(`/test/${name}`))
  return rank === -1 ? longest.length : rank
}

export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a sequencer's method, not an array's
    return (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}
