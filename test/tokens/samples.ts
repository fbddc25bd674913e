// Tokens and items as the tests of this folder need them. Time starts at 0; tokens live for an hour.
import { Secret } from '../../lib/secret.ts'
import type { Lease, TokenItem } from '../../lib/store/token-store.ts'
import type { Clock, Deadline } from '../../lib/time.ts'
import type { Principal } from '../../lib/tokens/principal.ts'
import type { Token } from '../../lib/tokens/token.ts'

export const service: Principal = {
  instance: 'https://looker.example.com',
  clientId: 'client',
  workspace: 'production',
}

export const tokenWith = (changes: Partial<Token> = {}): Token => ({
  secret: new Secret('the-token'),
  issuedAtMs: 0,
  expiresAtMs: 3_600_000,
  generation: 7,
  ...changes,
})

export const itemWith = (changes: Partial<TokenItem> = {}): TokenItem => ({
  key: { partition: 'p', sort: 's' },
  generation: 7,
  sealed: { frame: new Uint8Array(), generation: 7 },
  ttlEpochSeconds: 7_200,
  ...changes,
})

export const lease: Lease = { owner: 'somebody', untilAtMs: 5_250, lengthMs: 5_250 }

/** A clock that is moved by assignment and never sleeps longer than asked: sleeping moves it. */
export const handClock = (): Clock & { wallMs: number; monotonicMs: number; slept: number[] } => {
  const clock = {
    wallMs: 0,
    monotonicMs: 0,
    slept: new Array<number>(),
    now: () => clock.wallMs,
    monotonic: () => clock.monotonicMs,
    sleep: async (ms: number) => {
      clock.slept.push(ms)
      clock.wallMs += ms
      clock.monotonicMs += ms
    },
  }
  return clock
}

export const left = (ms: number): Deadline => ({ remainingMs: () => ms })
