// A small service behind a gateway on a free port: what the gateway's tests have in common.
import { request as httpRequest } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { looseObject, parse, unknown } from 'valibot'
import type { Clock } from '../../../lib/time.ts'
import type { LambdaHandler } from '../../../local/gateway/function-runner.ts'
import { createGateway, type GatewayOptions } from '../../../local/gateway/gateway.ts'
import type { LocalKey } from '../../../local/gateway/signature.ts'
import type { Authorizer, Route, ServiceFunction } from '../../../local/serverless-config.ts'

export const startedAtMs = 1_583_348_638_390
export const issuer = 'https://issuer.example.com'

export const localKey: LocalKey = {
  accessKeyId: 'AKIALOCALTEST',
  secretAccessKey: 'a-secret-for-tests',
  account: '111122223333',
  roleName: 'reports',
  sessionName: 'nightly',
}

export const jwt = (scopes: readonly string[] = []): Authorizer => ({
  kind: 'jwt',
  issuer,
  audience: ['broker'],
  scopes,
})

export const route = (key: string, functionName: string, authorizer?: Authorizer): Route => {
  const [method = '', path = ''] = key === '$default' ? ['ANY', key] : key.split(' ')
  const handler = `functions/${functionName}.handler`
  return { method, path, functionName, handler, ...(authorizer ? { authorizer } : {}) }
}

export const functionOf = (functionName: string, timeoutSeconds = 6): ServiceFunction => ({
  functionName,
  deployedName: `svc-local-${functionName}`,
  handler: `functions/${functionName}.handler`,
  timeoutSeconds,
  memoryMb: 512,
})

const authorizedEvent = looseObject({
  requestContext: looseObject({ authorizer: unknown() }),
})

/** A function that answers with what the authorizer of its route said. */
export const tellAuthorizer: LambdaHandler = (event) =>
  parse(authorizedEvent, event).requestContext.authorizer

/** A wall clock that stands still where a test put it. */
export const stoppedClock = (nowAtMs = startedAtMs): Clock => ({
  now: () => nowAtMs,
  monotonic: () => 0,
  sleep: () => Promise.resolve(),
})

type Started = {
  readonly address: string
  readonly gateway: ReturnType<typeof createGateway>
  readonly close: () => Promise<void>
}

/** Handlers by function name; every function named by a route or a handler exists. */
export const startGateway = async (
  handlers: Readonly<Record<string, LambdaHandler>>,
  options: Partial<GatewayOptions> & Pick<GatewayOptions, 'routes'>,
): Promise<Started> => {
  const gateway = createGateway({
    functions: Object.keys(handlers).map((name) => functionOf(name)),
    region: 'us-east-1',
    stage: 'local',
    jwtKeys: { [issuer]: (await signer()).keys },
    iamKeys: [localKey],
    clock: stoppedClock(),
    loadHandler: (handler) => {
      const found = handlers[handler.slice('functions/'.length, -'.handler'.length)]
      return found ? Promise.resolve(found) : Promise.reject(new Error('no handler'))
    },
    ...options,
  })
  const { address, close } = await gateway.listen()
  return { address, gateway, close }
}

const makeSigner = async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'key-1', alg: 'RS256' }
  const elliptic = await generateKeyPair('ES256', { extractable: true })
  const ellipticJwk = { ...(await exportJWK(elliptic.publicKey)), kid: 'elliptic', alg: 'ES256' }
  return { privateKey, publicKey, elliptic, keys: { keys: [jwk, ellipticJwk] } }
}

let made: ReturnType<typeof makeSigner> | undefined

/** The sign-in service of the tests: an RSA and an elliptic key, made once. */
export const signer = (): ReturnType<typeof makeSigner> => (made ??= makeSigner())

export const signToken = async (
  claims: Readonly<Record<string, unknown>> = {},
  header: { alg?: string; kid?: string } = { kid: 'key-1' },
): Promise<string> => {
  const { privateKey } = await signer()
  return new SignJWT({ iss: issuer, aud: 'broker', exp: startedAtMs / 1000 + 60, ...claims })
    .setProtectedHeader({ alg: 'RS256', ...header })
    .sign(privateKey)
}

export type Sent = {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | Uint8Array
}

export type Received = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** Unlike fetch it sends the headers and the path exactly as given, `Host` included. */
export const send = (address: string, sent: Sent): Promise<Received> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address)
    const { method = 'GET', path, headers = {} } = sent
    const outgoing = httpRequest(
      { hostname, port, method, path, headers, agent: false },
      (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(sent.body)
  })
