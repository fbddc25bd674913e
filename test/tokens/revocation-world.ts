// Revoking all tokens of a fleet, on a clock that the test moves.
import { createLookerClient } from '../../lib/looker/client.ts'
import { deadlineIn } from '../../lib/time.ts'
import { createRevokeTokens } from '../../lib/tokens/revocation.ts'
import { instance } from '../scenarios/fleet.ts'
import { createVirtualFleet } from '../scenarios/virtual-fleet.ts'

export const createRevocationWorld = async (
  options: Parameters<typeof createVirtualFleet>[0] = {},
) => {
  const fleet = await createVirtualFleet(options)
  const { clock, looker, store } = fleet
  /** By a process of its own. */
  const begin = (
    ms = 115_000,
    begunAtMs = clock.now(),
    changes: Partial<Parameters<typeof createRevokeTokens>[0]> = {},
  ) => {
    const { sealer, report } = fleet.coldStart()
    const client = { baseUrl: instance, fetch: looker.fetch, now: clock.now }
    const revokeTokens = createRevokeTokens({
      store,
      sealer,
      looker: createLookerClient(client),
      instance,
      clock,
      report,
      settings: { marginMs: 10_000, loginBudgetMs: 5_000 },
      ...changes,
    })
    return revokeTokens(begunAtMs, deadlineIn(clock, ms))
  }
  return {
    ...fleet,
    begin,
    revoke: (...given: Parameters<typeof begin>) => clock.run(begin(...given)),
    live: () => looker.state.tokens.countLive(),
    logouts: () => looker.counts().logouts,
    indexed: async () => {
      const keys: string[] = []
      for await (const { key } of store.listDue(8.64e15)) keys.push(key.partition)
      return keys
    },
  }
}
