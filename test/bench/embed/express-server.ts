// What one would write without us: an Express server as Looker's documentation shows it, with the session
// reference token in the memory of its process. It is kinder than the original in one point: a request
// waits for its own login at Looker, instead of using a session whose login is under way.
// https://cloud.google.com/looker/docs/cookieless-embed and the README of the Embed SDK.
import { EventEmitter, once } from 'node:events'
import { Looker40SDK } from '@looker/sdk'
import type { IEmbedCookielessSessionAcquire } from '@looker/sdk'
import { NodeSession, NodeTransport } from '@looker/sdk-node'
import { DefaultSettings } from '@looker/sdk-rtl'
import express from 'express'
import type { Express, RequestHandler } from 'express'
import * as v from 'valibot'

export type ExpressOptions = {
  /** Origin of the Looker API. */
  readonly lookerUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** The same for everybody, as in the original. */
  readonly user: IEmbedCookielessSessionAcquire
}

export type ExpressServer = {
  readonly url: string
  /** How long the next answer takes inside the server, from the headers to the last byte handed over. */
  readonly nextAnswerMs: () => Promise<number>
  readonly close: () => Promise<void>
}

export const startExpressServer = async (options: ExpressOptions): Promise<ExpressServer> => {
  const answers = new EventEmitter().setMaxListeners(0)
  const app = express()
  app.use((_request, response, next) => {
    const startedMs = performance.now()
    response.on('finish', () => answers.emit('answer', performance.now() - startedMs))
    next()
  })
  addRoutes(app, options)
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    nextAnswerMs: async () => {
      const [ms]: number[] = await once(answers, 'answer')
      return ms ?? Number.NaN
    },
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const tokensSchema = v.object({ api_token: v.string(), navigation_token: v.string() })

const addRoutes = (app: Express, { user, ...credentials }: ExpressOptions): void => {
  const looker = createLooker(credentials)
  const references = new Map<string, string>()
  const keyOf = (userAgent: string): string => `${user.external_user_id ?? ''}/${userAgent}`

  const acquire = async (userAgent: string) => {
    const sdk = await looker()
    const known = references.get(keyOf(userAgent))
    const request = { ...user, ...(known !== undefined && { session_reference_token: known }) }
    const headers = { 'User-Agent': userAgent }
    const { session_reference_token: reference, ...answer } = await sdk.ok(
      sdk.acquire_embed_cookieless_session(request, { headers }),
    )
    references.set(keyOf(userAgent), reference ?? '')
    return answer
  }

  const generate = async (userAgent: string, body: unknown) => {
    const session_reference_token = references.get(keyOf(userAgent))
    if (session_reference_token === undefined) return { session_reference_token_ttl: 0 }
    const sdk = await looker()
    const request = { ...v.parse(tokensSchema, body), session_reference_token }
    const { session_reference_token: reference, ...answer } = await sdk.ok(
      sdk.generate_tokens_for_cookieless_session(request, {
        headers: { 'User-Agent': userAgent },
      }),
    )
    references.set(keyOf(userAgent), reference)
    return answer
  }

  app.use(express.json())
  app.get(
    '/acquire-embed-session',
    answering(({ userAgent }) => acquire(userAgent)),
  )
  app.put(
    '/generate-embed-tokens',
    answering(({ userAgent, body }) => generate(userAgent, body)),
  )
}

/** One session at the API for everybody, made anew when its token is not there or has expired. */
const createLooker = ({
  lookerUrl,
  clientId,
  clientSecret,
}: Omit<ExpressOptions, 'user'>): (() => Promise<Looker40SDK>) => {
  const settings = {
    ...DefaultSettings(),
    base_url: lookerUrl,
    readConfig: () => ({ client_id: clientId, client_secret: clientSecret }),
  }
  let current: NodeSession | undefined
  return async () => {
    if (current?.activeToken.isActive()) return new Looker40SDK(current)
    const session = new NodeSession(settings, new NodeTransport(settings))
    current = session
    await session.login()
    return new Looker40SDK(session)
  }
}

type Asked = { readonly userAgent: string; readonly body: unknown }

const answering =
  (answer: (asked: Asked) => Promise<object>): RequestHandler =>
  async (request, response) => {
    try {
      const body: unknown = request.body
      response.json(await answer({ userAgent: request.get('user-agent') ?? '', body }))
    } catch (error) {
      response.status(400).send({ message: error instanceof Error ? error.message : 'failed' })
    }
  }
