// The demo on this machine: page and identity provider on one origin, and TLS in front of them, of the
// broker and of the simulated Looker.
import { getRequestListener } from '@hono/node-server'
import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import * as v from 'valibot'
import type { Clock } from '../../lib/time.ts'
import { secureLocalhost, type Ports } from '../addresses.ts'
import type { Gateway } from '../gateway/gateway.ts'
import {
  createIdentityProvider,
  type IdentityProvider,
} from '../identity-provider/identity-provider.ts'
import type { LookerSimulator } from '../looker/server.ts'
import { createCertificate, passTo, startTlsFront } from '../tls-front.ts'
import { createDemo, type LookerSwitches } from './demo.ts'

/** That of tenants/local.yml. */
const audience = 'looker-embed'

export type Demo = {
  readonly address: string
  /** What the page loads from servers with the page's own certificate. */
  readonly others: readonly string[]
  readonly close: () => Promise<unknown>
}

/** For the page that `startDemo` serves; the gateway needs its keys before. */
export const createDemoIdentities = (ports: Ports, clock: Clock): Promise<IdentityProvider> =>
  createIdentityProvider({ issuer: secureLocalhost(ports.demo), audience, now: clock.now })

export const startDemo = async (options: {
  readonly ports: Ports
  readonly identities: IdentityProvider
  /** The gateway by plain http. */
  readonly broker: string
  readonly invoke: Gateway['invoke']
  /** The simulator, or the base address of a real Looker. */
  readonly looker: { readonly simulator: LookerSimulator; readonly url: string } | string
  /** Moves the broker's clock on. */
  readonly skip: (seconds: number) => void
}): Promise<Demo> => {
  const { ports, identities, broker, looker, skip } = options
  const address = secureLocalhost(ports.demo)
  const isReal = typeof looker === 'string'
  const demo = createDemo({
    origin: address,
    broker: secureLocalhost(ports.gatewayTls),
    endAsAdministrator: administratorOf(options, address),
    lookerHost: new URL(isReal ? looker : secureLocalhost(ports.lookerTls)).host,
    ...(isReal ? {} : { looker: switchesOf(looker.simulator, skip) }),
  })
  demo.route('/', identities.app)
  const page = getRequestListener(demo.fetch, { overrideGlobalObjects: false })
  const served = [
    { port: ports.demo, answer: page },
    { port: ports.gatewayTls, answer: passTo(broker) },
    ...(isReal ? [] : [{ port: ports.lookerTls, answer: passTo(looker.url) }]),
  ]
  // One for all: a browser that accepted it for the page takes it for what the page loads.
  const certificate = await createCertificate()
  const fronts = await Promise.allSettled(
    served.map((front) => startTlsFront({ certificate, ...front })),
  )
  const started = fronts.flatMap((front) => (front.status === 'fulfilled' ? [front.value] : []))
  const close = () => Promise.all(started.map((front) => front.close()))
  const failed = fronts.find((front) => front.status === 'rejected')
  if (failed) {
    await close()
    throw failed.reason
  }
  const others = [
    `${secureLocalhost(ports.gatewayTls)}/health`,
    ...(isReal ? [] : [`${secureLocalhost(ports.lookerTls)}/simulator`]),
  ]
  return { address, others, close }
}

// What an administrator's own back end would do, with rights of its own: for the person who is signed in
// and the browser that asks.
const administratorOf =
  (
    {
      identities,
      invoke,
    }: { readonly identities: IdentityProvider; readonly invoke: Gateway['invoke'] },
    embed_domain: string,
  ) =>
  async (context: Context): Promise<boolean> => {
    const outcome = await invoke('embedSessionDirect', {
      action: 'end',
      by: 'administrator',
      claims: identities.claimsOf(context),
      user_agent: context.req.header('user-agent'),
      embed_domain,
      device: getCookie(context, 'looker-device', 'host'),
    })
    return outcome.kind === 'returned' && v.is(ended, outcome.value)
  }

const ended = v.object({ ended: v.literal(true) })

const switchesOf = (
  { state, counts }: LookerSimulator,
  skip: (seconds: number) => void,
): LookerSwitches => ({
  // Both, or each would think that the other's tokens live on.
  skip: (seconds) => {
    skip(seconds)
    state.clock.advance(seconds)
  },
  expire: () => state.embed.sessions.endAll(),
  beAway: (ms) => state.faults.beAwayUntil(state.clock.now() + ms),
  seen: () => {
    const { embedSessionsStarted: started, embedSessionsJoined: joined } = counts()
    return { started, joined }
  },
})
