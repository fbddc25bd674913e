// The real functions behind the gateway of one machine, and an identity provider that signs tokens for
// whoever is named. The stage's clock is everybody's.
import { fileURLToPath } from 'node:url'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { withEmbed, type EmbedServices } from '../../lib/broker.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import type { Clock } from '../../lib/time.ts'
import { createGateway } from '../../local/gateway/gateway.ts'
import type { EmbedOptions } from '../../local/looker/embed/settings.ts'
import type { LookerSimulator } from '../../local/looker/server.ts'
import { loadHandlersWith } from '../../local/load-handlers.ts'
import type { Route } from '../../local/serverless-config.ts'
import { createFleet, stage, tenantOf } from '../scenarios/fleet.ts'

const issuer = 'https://login.customer.test'
const audience = 'looker'

export type RealBroker = {
  readonly looker: LookerSimulator
  readonly url: string
  /** A sign-in token of an hour. */
  readonly tokenFor: (user: string) => Promise<string>
  readonly close: () => Promise<void>
}

export const startRealBroker = async (options: {
  readonly pageOrigin: string
  readonly clock: Clock
  /** Replaces fields of the tenant file's section `embed`. */
  readonly tenant?: Readonly<Record<string, unknown>>
  readonly embed?: EmbedOptions
}): Promise<RealBroker> => {
  const { pageOrigin, clock, embed = {} } = options
  const tenant = tenantOf({
    origins: [pageOrigin],
    identity: { jwt: { issuer, audience: [audience] } },
    embed: {
      user: { external_user_id: { claim: 'sub' }, session_length: 7200 },
      ...options.tenant,
    },
  })
  let services: EmbedServices | undefined
  const sessions = createMemorySessionStore()
  const fleet = await createFleet({
    tenant,
    clock,
    looker: { embed },
    services: (given) => (services = { ...given, sessions }),
  })
  const base = fleet.coldStart()
  if (services === undefined) throw new Error('The fleet made no services')
  const broker = withEmbed(base, services)

  const { publicKey, privateKey } = await generateKeyPair('RS256')
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'key', alg: 'RS256' }]
  const gateway = createGateway({
    region: 'eu-central-1',
    stage,
    functions: functions.map(({ name }) => ({
      functionName: name,
      deployedName: name,
      handler: `functions/${name}.handler`,
      timeoutSeconds: 25,
      memoryMb: 512,
    })),
    routes: functions.flatMap(({ name, path, methods }) =>
      methods.map((method) => route(name, method, path)),
    ),
    cors: {
      origins: [pageOrigin],
      headers: ['authorization', 'content-type', 'x-embed-device'],
      methods: ['GET', 'POST', 'PUT', 'DELETE'],
      exposed: ['retry-after'],
      credentials: false,
    },
    loadHandler: loadHandlersWith(fileURLToPath(new URL('../..', import.meta.url)), () => broker),
    jwtKeys: { [issuer]: { keys } },
    iamKeys: [],
    clock,
  })
  const { address, close } = await gateway.listen()
  return {
    looker: fleet.looker,
    url: address,
    tokenFor: (user) => {
      const seconds = Math.floor(clock.now() / 1000)
      return new SignJWT({ auth_time: seconds })
        .setProtectedHeader({ alg: 'RS256', kid: 'key' })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(user)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + 3600)
        .sign(privateKey)
    },
    close,
  }
}

const functions = [
  { name: 'acquire-embed-session', path: '/acquire-embed-session', methods: ['GET', 'POST'] },
  { name: 'generate-embed-tokens', path: '/generate-embed-tokens', methods: ['PUT', 'POST'] },
  { name: 'embed-session', path: '/embed-session', methods: ['GET', 'DELETE'] },
] as const

const route = (functionName: string, method: string, path: string): Route => ({
  method,
  path,
  functionName,
  handler: `functions/${functionName}.handler`,
  authorizer: { kind: 'jwt', issuer, audience: [audience], scopes: [] },
})
