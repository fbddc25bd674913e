// GET /api/internal/embed/who: stands for the many calls that Looker's pages make with their api token.
// The route is an addition of ours.
import { Hono } from 'hono'
import { looker, unauthorized } from '../answers.ts'
import type { SimulatorState } from '../state.ts'

export const createWho = ({ embed }: SimulatorState): Hono => {
  const who = new Hono()

  who.get('/', (context) => {
    const [, token = ''] = /^bearer (\S+)$/i.exec(context.req.header('authorization') ?? '') ?? []
    const userAgent = context.req.header('user-agent') ?? ''
    const shown = embed.shortTokens.show('api_token', token, userAgent)
    if (shown === undefined) return unauthorized()
    const { id, externalId } = shown.session.user
    return looker(200, { id, external_user_id: externalId })
  })

  return who
}
