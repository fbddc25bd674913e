import { describe, expect, test } from 'vitest'
import type { TokenItem } from '../../lib/store/token-store.ts'
import { decide, isMerelyAging, isSatisfying, isUsable } from '../../lib/tokens/decide.ts'
import type { Demand, Situation } from '../../lib/tokens/decide.ts'
import type { Token } from '../../lib/tokens/token.ts'
import { itemWith, lease, tokenWith } from './samples.ts'

const plain: Demand = { minTtlMs: 0 }
const marginMs = 30_000

/** The age of the token, by the time at which it is looked at. */
const times = { fresh: 1_000_000, aging: 3_400_000, expired: 3_570_000 }
const gate = { reason: 'timeout', count: 1, notBeforeAtMs: 3_600_000 }
const marked = { generation: 7, count: 1, notBeforeAtMs: 0 }

const situation = (changes: Partial<Situation>): Situation => ({
  item: itemWith(),
  token: tokenWith(),
  nowAtMs: times.fresh,
  marginMs,
  mayLead: true,
  leaseOver: false,
  newSecret: false,
  ...changes,
})

/** What is done, and with `give-up` why. */
const actOf = (demand: Demand, changes: Partial<Situation>): string => {
  const decision = decide(demand, situation(changes))
  return decision.act === 'give-up' ? `give up: ${decision.why}` : decision.act
}

type State = 'free' | 'leased' | 'lease over' | 'gated' | 'gated, new secret' | 'no time'

const states: Record<State, Partial<Situation> & { parts: Partial<TokenItem> }> = {
  free: { parts: {} },
  leased: { parts: { lease } },
  'lease over': { parts: { lease }, leaseOver: true },
  gated: { parts: { failure: gate } },
  'gated, new secret': { parts: { failure: gate }, newSecret: true },
  'no time': { parts: {}, mayLead: false },
}

type Kind = 'none' | 'fresh' | 'aging' | 'expired' | 'marked refused' | 'refused to the caller'

const kinds: Record<Kind, { token: Token | undefined; now: number; demand: Demand; mark?: true }> =
  {
    none: { token: undefined, now: times.aging, demand: plain },
    fresh: { token: tokenWith(), now: times.fresh, demand: plain },
    aging: { token: tokenWith(), now: times.aging, demand: plain },
    expired: { token: tokenWith(), now: times.expired, demand: plain },
    'marked refused': { token: tokenWith(), now: times.fresh, demand: plain, mark: true },
    'refused to the caller': {
      token: tokenWith(),
      now: times.fresh,
      demand: { minTtlMs: 0, refusedDigest: tokenWith().secret.digest() },
    },
  }

const gatedUntil = (now: number) => ({ failure: { ...gate, notBeforeAtMs: now + 60_000 } })

describe('what is done, by token and item', () => {
  test.each<[Kind, State, string]>([
    ['none', 'free', 'lead'],
    ['none', 'leased', 'wait'],
    ['none', 'lease over', 'lead'],
    ['none', 'gated', 'give up: gated'],
    ['none', 'gated, new secret', 'lead'],
    ['none', 'no time', 'give up: no-time'],
    ['fresh', 'free', 'serve'],
    ['fresh', 'leased', 'serve'],
    ['fresh', 'lease over', 'serve'],
    ['fresh', 'gated', 'serve'],
    ['fresh', 'gated, new secret', 'serve'],
    ['fresh', 'no time', 'serve'],
    ['aging', 'free', 'lead'],
    ['aging', 'leased', 'serve'],
    ['aging', 'lease over', 'lead'],
    ['aging', 'gated', 'serve'],
    ['aging', 'gated, new secret', 'lead'],
    ['aging', 'no time', 'serve'],
    ['expired', 'free', 'lead'],
    ['expired', 'leased', 'wait'],
    ['expired', 'lease over', 'lead'],
    ['expired', 'gated', 'give up: gated'],
    ['expired', 'gated, new secret', 'lead'],
    ['expired', 'no time', 'give up: no-time'],
    ['marked refused', 'free', 'lead'],
    ['marked refused', 'leased', 'wait'],
    ['marked refused', 'lease over', 'lead'],
    ['marked refused', 'gated', 'serve'],
    ['marked refused', 'gated, new secret', 'lead'],
    ['marked refused', 'no time', 'serve'],
    ['refused to the caller', 'free', 'lead'],
    ['refused to the caller', 'leased', 'wait'],
    ['refused to the caller', 'lease over', 'lead'],
    ['refused to the caller', 'gated', 'give up: gated'],
    ['refused to the caller', 'gated, new secret', 'lead'],
    ['refused to the caller', 'no time', 'give up: no-time'],
  ])('a token that is %s, an item that is %s: %s', (kind, state, act) => {
    const { token, now, demand, mark } = kinds[kind]
    const { parts, ...rest } = states[state]
    const item = itemWith({
      ...parts,
      ...(parts.failure ? gatedUntil(now) : {}),
      ...(mark ? { refused: marked } : {}),
    })

    expect(actOf(demand, { ...rest, item, token, nowAtMs: now })).toBe(act)
  })

  test('without an item there is nobody to wait for', () => {
    expect(actOf(plain, { item: undefined, token: undefined })).toBe('lead')
  })

  test('a gate that has just opened forbids nothing any more', () => {
    const item = itemWith({ failure: { ...gate, notBeforeAtMs: times.aging } })

    expect(actOf(plain, { item, nowAtMs: times.aging - 1, token: undefined })).toBe(
      'give up: gated',
    )
    expect(actOf(plain, { item, nowAtMs: times.aging, token: undefined })).toBe('lead')
  })

  test('the mark of an older generation says nothing about the present token', () => {
    const item = itemWith({ refused: { ...marked, generation: 6 } })

    expect(actOf(plain, { item })).toBe('serve')
  })

  test('a token of this process alone is not concerned by a mark', () => {
    const item = itemWith({ refused: { ...marked, generation: 0 } })

    expect(actOf(plain, { item, token: tokenWith({ generation: 0 }) })).toBe('serve')
  })
})

describe('what a caller asks to be left', () => {
  test('a token with just enough left is served, with a millisecond less it is renewed', () => {
    const demand = { minTtlMs: 600_000 }

    expect(actOf(demand, { nowAtMs: 3_000_000 })).toBe('serve')
    expect(actOf(demand, { nowAtMs: 3_000_001 })).toBe('lead')
  })

  test('a token with less is waited for while another renews it, and served if nothing better comes', () => {
    const demand = { minTtlMs: 600_000 }
    const nowAtMs = 3_200_000

    expect(actOf(demand, { nowAtMs, item: itemWith({ lease }) })).toBe('wait')
    expect(actOf(demand, { nowAtMs, mayLead: false })).toBe('serve')
  })

  test('what no token of that life could last is not renewed for', () => {
    expect(actOf({ minTtlMs: 3_600_000 }, { nowAtMs: 1_000 })).toBe('serve')
    expect(actOf({ minTtlMs: 3_599_999 }, { nowAtMs: 1_000 })).toBe('lead')
  })
})

describe('the scheduled renewal', () => {
  test('renews from the last tenth on, which is before callers do', () => {
    const renewal = { minTtlMs: 0, renewal: true }

    expect(actOf(renewal, { nowAtMs: 3_239_999 })).toBe('serve')
    expect(actOf(renewal, { nowAtMs: 3_240_000 })).toBe('lead')
    expect(actOf(plain, { nowAtMs: 3_240_000 })).toBe('serve')
  })
})

const moment = (nowAtMs: number) => ({ item: undefined, nowAtMs, marginMs })

describe('the margin', () => {
  test('a token is usable until its margin begins', () => {
    expect(isUsable(tokenWith(), plain, moment(3_569_999))).toBe(true)
    expect(isUsable(tokenWith(), plain, moment(3_570_000))).toBe(false)
  })

  test('an aging token satisfies nobody, but only its age speaks against it', () => {
    expect(isSatisfying(tokenWith(), plain, moment(3_400_000))).toBe(false)
    expect(isMerelyAging(tokenWith(), plain, moment(3_400_000))).toBe(true)
  })

  test('a digest of another token does not speak against this one', () => {
    expect(isUsable(tokenWith(), { minTtlMs: 0, refusedDigest: 'x'.repeat(43) }, moment(0))).toBe(
      true,
    )
  })
})
