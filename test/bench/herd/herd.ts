// A herd: cold environments that all want the token at the same instant. How it is let loose, and what is
// written down of it; who the environments are is told by their makers.
import type { Secret } from '../../../lib/secret.ts'
import type { StoreCall } from './store-calls.ts'

export type Latency = {
  /** Of a login at the simulated Looker; the unit of all waits. */
  readonly loginMs: number
  /** Of one call to the table or to KMS, where these are inside the process. */
  readonly hopMs: number
}

export type Herd = {
  /** One cold environment each. */
  readonly callers: readonly (() => Promise<Secret>)[]
  /** Logins that Looker saw, in all. */
  readonly logins: () => number
  /** Absent where there is no table. */
  readonly storeCalls?: readonly StoreCall[]
  /** Absent where there are no keys. */
  readonly kmsCalls?: () => number
  readonly close: () => Promise<void>
}

/** What one herd did. */
export type Round = {
  readonly callers: number
  /** From the release to the token, of those who were served. */
  readonly waitsMs: readonly number[]
  readonly distinctTokens: number
  readonly logins: number
  readonly storeCalls: readonly StoreCall[] | undefined
  readonly kmsCalls: number | undefined
}

export type Outcome = { readonly waitMs: number; readonly digest: string } | undefined

/** Lets all callers loose at once and waits for the last. A caller that fails counts as not served. */
export const runHerd = async (herd: Herd): Promise<Round> => {
  const startedMs = performance.now()
  const answers = await Promise.all(
    herd.callers.map(async (call) => {
      const token = await call().catch(() => undefined)
      return { token, waitMs: performance.now() - startedMs }
    }),
  )
  const outcomes = answers.map(({ token, waitMs }) =>
    token ? { waitMs, digest: token.digest() } : undefined,
  )
  const round = roundOf(outcomes, {
    logins: herd.logins(),
    storeCalls: herd.storeCalls,
    kmsCalls: herd.kmsCalls?.(),
  })
  await herd.close()
  return round
}

export const roundOf = (
  outcomes: readonly Outcome[],
  counts: Pick<Round, 'logins' | 'storeCalls' | 'kmsCalls'>,
): Round => {
  const served = outcomes.filter((outcome) => outcome !== undefined)
  return {
    callers: outcomes.length,
    waitsMs: served.map(({ waitMs }) => waitMs),
    distinctTokens: new Set(served.map(({ digest }) => digest)).size,
    ...counts,
  }
}
