// As little of a broker as the Embed SDK needs: one session, kept in memory, of whoever calls. It proves
// the simulated Looker's page and the stage without the real broker's rules.
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { createLookerEmbedClient } from '../../lib/looker/embed-client.ts'
import { Secret } from '../../lib/secret.ts'
import type { LookerSimulator } from '../../local/looker/server.ts'

const deadline = () => ({ remainingMs: () => 10_000 })

export const createStubBroker = (looker: LookerSimulator, pageOrigin: string): Hono => {
  const { fetch, clock } = looker
  const client = createLookerEmbedClient({ baseUrl: 'http://127.0.0.1', fetch, now: clock.now })
  const base = () =>
    new Secret(looker.state.tokens.issue({ userId: '1000', sudoUserId: undefined }))
  let reference: Secret | undefined
  const isLive = () =>
    reference !== undefined && looker.state.embed.sessions.find(reference.reveal()) !== undefined

  const app = new Hono()
  app.use(cors({ origin: pageOrigin, allowMethods: ['GET', 'POST', 'PUT', 'DELETE'] }))
  app.on(['GET', 'POST'], '/acquire-embed-session', async (context) => {
    const session = await client.acquire(
      base(),
      {
        user: { external_user_id: 'ada' },
        userAgent: context.req.header('user-agent') ?? '',
        embedDomain: pageOrigin,
        sessionLengthSeconds: 7200,
        reference,
      },
      deadline(),
    )
    reference = session.reference.token
    return context.json({
      authentication_token: session.authentication.token.reveal(),
      authentication_token_ttl: session.authentication.ttlSeconds,
      ...bodyOf(session),
    })
  })
  app.on(['PUT', 'POST'], '/generate-embed-tokens', async (context) => {
    const over = { session_reference_token_ttl: 0 }
    if (reference === undefined) return context.json(over)
    const given: Record<string, string> = await context.req.json()
    const tokens = await client.generate(
      base(),
      {
        reference,
        apiToken: new Secret(given['api_token'] ?? ''),
        navigationToken: new Secret(given['navigation_token'] ?? ''),
        userAgent: context.req.header('user-agent') ?? '',
      },
      deadline(),
    )
    return context.json(tokens.kind === 'ended' ? over : bodyOf(tokens))
  })
  app.delete('/embed-session', async (context) => {
    if (reference !== undefined) await client.end(base(), reference, deadline())
    reference = undefined
    return context.json({ ended: true, confirmed: true })
  })
  app.get('/embed-session', (context) =>
    context.json({
      state: isLive() ? 'active' : 'ended',
      reason: isLive() ? null : 'signed-out',
      sign_in_required: false,
    }),
  )
  return app
}

type Token = { readonly token: Secret; readonly ttlSeconds: number }

const bodyOf = ({
  navigation,
  api,
  reference,
}: {
  readonly navigation: Token
  readonly api: Token
  readonly reference: Token
}) => ({
  navigation_token: navigation.token.reveal(),
  navigation_token_ttl: navigation.ttlSeconds,
  api_token: api.token.reveal(),
  api_token_ttl: api.ttlSeconds,
  session_reference_token_ttl: reference.ttlSeconds,
})
