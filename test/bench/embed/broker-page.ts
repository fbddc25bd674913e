// A page at the broker: events as the gateway hands them to the functions, and their answers.
import { create as createAcquire } from '../../../functions/acquire-embed-session.ts'
import { create as createGenerate } from '../../../functions/generate-embed-tokens.ts'
import type { EmbedBroker } from '../../../lib/embed-broker.ts'
import type { Answer, Contestant } from './page.ts'

type Visit = {
  /** Of the page; one of the tenant's. */
  readonly origin: string
  readonly userAgent: string
  /** `sub` of the sign-in token. */
  readonly user: string
}

type Handler = ReturnType<typeof createAcquire>['handler']

const context = { awsRequestId: 'request', getRemainingTimeInMillis: () => 15_000 }

export const createBrokerContestant = (
  name: string,
  broker: EmbedBroker,
  visit: Visit,
): Contestant => {
  const acquire = createAcquire(() => broker).handler
  const generate = createGenerate(() => broker).handler
  return {
    name,
    acquire: () => invoke(acquire, eventOf('GET', '/acquire-embed-session', visit)),
    generate: (tokens) => {
      const event = eventOf('PUT', '/generate-embed-tokens', visit)
      return invoke(generate, { ...event, body: JSON.stringify(tokens) })
    },
  }
}

const invoke = async (handler: Handler, event: object): Promise<Answer> => {
  const startedMs = performance.now()
  const { statusCode, body = '' } = await handler(event, context)
  const ms = performance.now() - startedMs
  const answer: unknown = JSON.parse(body)
  if (statusCode !== 200) throw new Error(`the function answered ${statusCode}: ${body}`)
  return { ms, answer }
}

/** Claims as the gateway hands them on, each as a text. */
const eventOf = (method: string, path: string, { origin, userAgent, user }: Visit) => ({
  version: '2.0',
  routeKey: `${method} ${path}`,
  rawPath: path,
  rawQueryString: '',
  headers: { origin, 'user-agent': userAgent, authorization: 'Bearer (verified by the gateway)' },
  requestContext: {
    requestId: 'gateway',
    http: { method, path },
    authorizer: { jwt: { claims: { sub: user, iat: '1760000000' }, scopes: null } },
  },
  isBase64Encoded: false,
})
