// What the doctor says of one thing, and the order in which things hang together: a fault gives one failed
// finding, and what cannot be known because of it is skipped. Pure.

/** Every check, in the order in which they are told. Stable: scripts may switch on them. */
export const checkNames = [
  'tenant-file',
  'aws',
  'table',
  'table-index',
  'table-ttl',
  'table-billing',
  'table-protection',
  'key',
  'key-rotation',
  'key-policy',
  'function',
  'deployed-settings',
  'key-use',
  'secret',
  'looker',
  'looker-version',
  'login',
  'rights',
  'users',
  'embedding',
  'signed-embedding',
  'cookieless',
  'domains',
  'acquire',
  'generate',
  'user-agent',
  'sessions-per-user',
  'end-session',
  'throw-away-user',
  'looker-clock',
  'aws-clock',
] as const

export type CheckName = (typeof checkNames)[number]

export type Standing = 'ok' | 'warning' | 'failed' | 'skipped'

export type Finding = {
  readonly check: CheckName
  readonly standing: Standing
  /** One sentence or two, without a token or a secret. */
  readonly what: string
  /** What to do about it; null where there is nothing to do. */
  readonly remedy: string | null
}

export type Verdict = Omit<Finding, 'check'>

export const ok = (what: string): Verdict => ({ standing: 'ok', what, remedy: null })
export const warning = (what: string, remedy: string): Verdict => ({
  standing: 'warning',
  what,
  remedy,
})
export const failed = (what: string, remedy: string): Verdict => ({
  standing: 'failed',
  what,
  remedy,
})
/** There is nothing to examine. What follows is examined all the same. */
export const skipped = (what: string): Verdict => ({ standing: 'skipped', what, remedy: null })

export type Check<Facts> = {
  readonly name: CheckName
  /** Checks that must not have failed for this one to make sense. */
  readonly needs: readonly CheckName[]
  readonly judge: (facts: Facts) => Verdict
}

/** Judges in the order given. A check whose need failed, or was itself skipped for that, is skipped. */
export const examined = <Facts>(checks: readonly Check<Facts>[], facts: Facts): Finding[] => {
  const causes = new Map<CheckName, CheckName>()
  return checks.map(({ name, needs, judge }) => {
    const cause = needs.map((need) => causes.get(need)).find((found) => found !== undefined)
    const verdict =
      cause === undefined ? judge(facts) : skipped(`Not examined, because of ${cause}.`)
    if (cause !== undefined || verdict.standing === 'failed') causes.set(name, cause ?? name)
    return { check: name, ...verdict }
  })
}
