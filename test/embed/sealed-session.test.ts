// What of a session leaves the broker: with the page at most its sealed form, which nobody else can open.
import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { digestOf } from '../../lib/embed/session-key.ts'
import { SealError } from '../../lib/errors.ts'
import { Secret } from '../../lib/secret.ts'
import { pageCaller, pageToken } from './page-samples.ts'
import { createWorld, heldOf, pageOf, tokensOf } from './session-world.ts'

const generate = 'generate_tokens_for_cookieless_session'
const over = { session_reference_token_ttl: 0 }

const withSession = async () => {
  const world = await createWorld('client')
  const acquired = await world.acquire()
  world.looker.state.counter.reset()
  return { ...world, acquired, held: heldOf(acquired), tokens: pageOf(acquired) }
}

const opens = async (
  { state }: Awaited<ReturnType<typeof withSession>>,
  session: string,
  caller = pageCaller(),
): Promise<boolean> => (await state(caller, { session: new Secret(session) })).state !== 'none'

describe('the sealed session', () => {
  it('opens for its user in its browser, and for nobody else', async () => {
    const world = await withSession()
    const text = world.held.session.reveal()
    expect(await opens(world, text)).toBe(true)
    expect(await opens(world, text, pageCaller({ user: { external_user_id: 'bob' } }))).toBe(false)
    expect(await opens(world, text, pageCaller({ page: { userAgent: 'Browser/2' } }))).toBe(false)
  })

  it('does not open with another byte, or in another writing', async () => {
    const world = await withSession()
    const text = world.held.session.reveal()
    const bytes = Buffer.from(text, 'base64url')
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: bytes.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (at, flip) => {
          const altered = Buffer.from(bytes)
          altered[at] = (altered[at] ?? 0) ^ flip
          // A wrapped key that is altered is asked of KMS, which refuses it.
          expect(await opens(world, altered.toString('base64url')).catch(() => false)).toBe(false)
        },
      ),
      { numRuns: 60 },
    )
    for (const other of [`${text}=`, ` ${text}`, `${text}A`, text.slice(0, -1), '', 'A', '%%']) {
      expect(await opens(world, other)).toBe(false)
    }
  })

  it.each([
    { length: 8_192, looks: 1 },
    { length: 8_196, looks: 0 },
  ])('of $length characters is looked at $looks times', async ({ length, looks }) => {
    const world = await withSession()
    const open = vi.fn<() => Promise<never>>(() => Promise.reject(new SealError('')))
    const sealer = { open, currentKey: open, seal: () => new Uint8Array() }
    const held = { session: new Secret('A'.repeat(length)) }
    await world.state(world.ada, held, world.coldStart({ sealer }))
    expect(open).toHaveBeenCalledTimes(looks)
  })

  it.each(['user', 'browser', 'tokens of another session'])(
    'of another %s causes no call of Looker',
    async (which) => {
      const world = await withSession()
      const caller = pageCaller({
        user: which === 'user' ? { external_user_id: 'bob' } : {},
        page: which === 'browser' ? { userAgent: 'Browser/2' } : {},
      })
      const tokens =
        which === 'tokens of another session'
          ? {
              apiToken: pageToken({ sub: 'other' }),
              navigationToken: pageToken({ sub: 'other' }),
              ...world.held,
            }
          : world.tokens
      expect(await world.generate(tokens, caller)).toEqual(over)
      expect(world.lookerCalls()).toBe(0)
    },
  )
})

describe.each(['server', 'client'] as const)('with store: %s', (kind) => {
  it('no answer and no event holds the reference token', async () => {
    const world = await createWorld(kind)
    const acquired = await world.acquire()
    const held = acquired.session === undefined ? {} : heldOf(acquired)
    const references = world.looker.state.embed.sessions
    const answers: unknown[] = [acquired, await world.acquire(world.ada, held)]
    answers.push(await world.generate({ ...tokensOf(acquired), ...held }))
    world.looker.setFault(generate, { kind: 'status', status: 503 })
    await world.clock.advance(10_000)
    answers.push(await world.generate({ ...tokensOf(acquired), ...held }))
    answers.push(await world.state(world.ada, held))
    const { sub } = JSON.parse(
      Buffer.from(acquired.api_token.split('.')[1] ?? '', 'base64url').toString(),
    )
    const reference = references.findById(sub)?.referenceToken ?? ''
    expect(reference.length).toBeGreaterThan(40)
    answers.push(await world.end('user', world.ada, held))
    const shown = JSON.stringify([answers, world.embedEvents, world.events])
    for (const form of [
      reference,
      Buffer.from(reference).toString('base64url'),
      Buffer.from(reference).toString('hex'),
      digestOf(reference),
    ]) {
      expect(shown).not.toContain(form)
    }
  })
})
