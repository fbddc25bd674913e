// From where a session came, through the real functions: told to administrators where the tenant records it, and
// found nowhere where it does not. And what the scheduled run says of itself.
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { create as createAcquire } from '../../functions/acquire-embed-session.ts'
import { create as createSweep } from '../../functions/end-due-sessions.ts'
import { create as createSessions } from '../../functions/sessions.ts'
import type { Services } from '../../lib/broker.ts'
import { withAdministration, withEmbed, withSweep } from '../../lib/embed-broker.ts'
import { everything } from '../../lib/embed/composition.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { createFleet, tenantOf } from '../scenarios/fleet.ts'
import { context } from './calls.ts'

const app = 'https://app.customer.example'
const address = '203.0.113.77'
const city = 'Canaryville'
const issuer = 'https://issuer.example.com'

const event = (method: string) => ({
  version: '2.0',
  rawQueryString: '',
  requestContext: {
    http: { method, sourceIp: address },
    authorizer: { jwt: { claims: { sub: 'ada', iat: '1699999999' }, scopes: ['sessions'] } },
  },
})

const headers = {
  origin: app,
  'user-agent': 'Browser/1',
  'cloudfront-viewer-city': city,
  'cloudfront-viewer-country': 'DE',
}

const createWorld = async (policy: object) => {
  const clock = createFakeClock(1_700_000_000_000)
  const sessions = createMemorySessionStore()
  let services: Services | undefined
  const fleet = await createFleet({
    clock,
    tenant: tenantOf({
      origins: [app],
      identity: { jwt: { issuer, audience: ['broker'] } },
      embed: { user: { external_user_id: { claim: 'sub' } }, session_policy: policy },
      admin: { jwt: { issuer, audience: ['sessions'], scopes: ['sessions'] } },
    }),
    services: (given) => (services = given),
  })
  const tokens = fleet.coldStart()
  if (!services) throw new Error('no services')
  const given = { ...services, sessions }
  const broker = withAdministration(withSweep(withEmbed(tokens, given, everything), given), given)
  const source = () => broker
  return {
    clock,
    fleet,
    sessions,
    acquire: () => clock.run(createAcquire(source).handler({ ...event('POST'), headers }, context)),
    list: async () => {
      const { handler } = createSessions(source)
      const { body = '' } = await clock.run(handler(event('GET'), context))
      return JSON.parse(body)
    },
    sweep: () => clock.run(createSweep(source).handler({}, context)),
  }
}

test('the address is told to administrators where it is recorded', async () => {
  const { acquire, list } = await createWorld({ session_location: true })

  await acquire()

  expect((await list()).sessions).toMatchObject([{ user: 'ada', address, place: null }])
})

test('the edge is believed where the tenant has one', async () => {
  const { acquire, list } = await createWorld({ session_location: true, edge: 'cloudfront' })

  await acquire()

  expect((await list()).sessions).toMatchObject([{ address, place: `${city}, DE` }])
})

test('with location off there is no address in table, log or answer', async () => {
  const { acquire, list, fleet, sessions } = await createWorld({})

  const answer = await acquire()
  const listed = await list()
  const { items } = await sessions.listPage({ limit: 10 })

  expect(items).toHaveLength(1)
  expect(listed.sessions).toMatchObject([{ user: 'ada', address: null, place: null }])
  const everywhere = inspect([answer, listed, items, fleet.events], { depth: 20 })
  expect(everywhere).not.toContain(address)
  expect(everywhere).not.toContain(city)
})

test('the scheduled run ends what nobody closes, and says how many', async () => {
  const { acquire, sweep, clock, fleet } = await createWorld({ session_duration: 300 })
  await acquire()
  await clock.advance(300_000)

  const report = await sweep()

  expect(report).toEqual({
    due: 1,
    ended: 1,
    unconfirmed: 0,
    living: 0,
    failed: 0,
    left: 0,
    oldest_s: 0,
  })
  expect(fleet.looker.state.embed.sessions.countLive()).toBe(0)
  expect(fleet.events).toContainEqual({ name: 'sweep-run', ...report })
})
