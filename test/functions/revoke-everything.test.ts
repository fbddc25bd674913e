// The rim of revoking everything: by direct invocation alone, one part a call, with all the time there is.
import { describe, expect, it, vi } from 'vitest'
import { create } from '../../functions/revoke-everything.ts'
import type { RevocationBroker } from '../../lib/embed-broker.ts'
import type { RevokeSessions } from '../../lib/embed/revocation.ts'
import { StoreError } from '../../lib/errors.ts'
import type { RevokeTokens } from '../../lib/tokens/revocation.ts'
import { context, rimBroker, stoppedClock, tenant } from './calls.ts'
import { embedTenant } from './embed-calls.ts'

const counts = { ended: 3, left: 1, lost: 0, buried: 2 }

const rim = ({
  of = tenant,
  fails,
}: {
  readonly of?: RevocationBroker['tenant']
  readonly fails?: unknown
} = {}) => {
  const { broker, events } = rimBroker({ tenant: of, clock: stoppedClock(5_000) })
  const answering = () => (fails === undefined ? Promise.resolve(counts) : Promise.reject(fails))
  const revokeTokens = vi.fn<RevokeTokens>(answering)
  const revokeSessions = vi.fn<RevokeSessions>(answering)
  const keeps = of.embed?.store === 'server'
  const { direct } = create(() => ({
    ...broker,
    revokeTokens,
    revokeSessions: keeps ? revokeSessions : undefined,
  }))
  const calls = () => revokeTokens.mock.calls.length + revokeSessions.mock.calls.length
  return { direct, events, revokeTokens, revokeSessions, calls }
}

describe('the function that revokes', () => {
  it('does the part that is asked for, from now on', async () => {
    const { direct, revokeTokens, revokeSessions } = rim({ of: embedTenant() })

    const tokens = await direct({ what: 'tokens' }, context)
    const sessions = await direct({ what: 'sessions' }, context)

    expect(tokens).toEqual({ begun_at_ms: 5_000, kept: true, ...counts })
    expect(sessions).toEqual(tokens)
    expect(revokeTokens.mock.calls.map(([begunAtMs]) => begunAtMs)).toEqual([5_000])
    expect(revokeSessions.mock.calls.map(([begunAtMs]) => begunAtMs)).toEqual([5_000])
  })

  it.each([
    [4_000, 4_000],
    [6_000, 5_000],
  ])('goes on with what began at %i, never later than now: %i', async (begun_at_ms, begunAtMs) => {
    const { direct, revokeTokens } = rim()

    expect(await direct({ what: 'tokens', begun_at_ms }, context)).toMatchObject({
      begun_at_ms: begunAtMs,
    })

    expect(revokeTokens.mock.calls[0]?.[0]).toBe(begunAtMs)
  })

  it('takes all the time that Lambda gives, but half a second for the answer', async () => {
    const { direct, revokeTokens } = rim()

    await direct({ what: 'tokens' }, { ...context, getRemainingTimeInMillis: () => 120_000 })

    expect(revokeTokens.mock.calls[0]?.[1].remainingMs()).toBe(119_500)
  })

  it.each([
    ['does not embed', tenant, null],
    ['keeps its sessions with the pages', embedTenant({ store: 'client' }), 43_200],
  ])('says of a tenant that %s that no sessions are kept', async (_, of, longest_seconds) => {
    const { direct, calls } = rim({ of })

    expect(await direct({ what: 'sessions' }, context)).toEqual({ kept: false, longest_seconds })

    expect(calls()).toBe(0)
  })

  it.each([
    {},
    { what: 'everything' },
    { what: 'tokens', begun_at_ms: '1' },
    { what: 'tokens', begun_at_ms: -1 },
    { what: 'tokens', begun_at_ms: 1.5 },
    { what: 'tokens', user: 'ada' },
  ])('refuses %j', async (payload) => {
    const { direct, calls } = rim()

    expect(await direct(payload, context)).toMatchObject({
      type: expect.stringContaining(':invalid-request'),
    })

    expect(calls()).toBe(0)
  })

  it('refuses what comes through a gateway', async () => {
    const { direct, calls } = rim()

    expect(await direct({ what: 'tokens', requestContext: {} }, context)).toMatchObject({
      type: expect.stringContaining(':forbidden'),
    })

    expect(calls()).toBe(0)
  })

  it('says what is the matter with the table', async () => {
    const { direct } = rim({ fails: new StoreError('throttled', 'simulated') })

    expect(await direct({ what: 'tokens' }, context)).toMatchObject({
      type: expect.stringContaining(':table-throttled'),
    })
  })
})
