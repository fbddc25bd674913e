// GET /embed/…: what an iframe shows, to the browser and in the page that the session is for.
import { Hono } from 'hono'
import type { SimulatorState } from '../state.ts'
import { mayEmbed } from './domains.ts'
import { refusalPage, sessionPage } from './page.ts'

export const createEmbedContent = ({ embed }: SimulatorState): Hono => {
  const content = new Hono()

  content.get('/*', (context) => {
    const { pathname: path, searchParams } = new URL(context.req.url)
    const token = searchParams.get('embed_navigation_token') ?? ''
    const userAgent = context.req.header('user-agent') ?? ''
    const shown = embed.shortTokens.show('navigation_token', token, userAgent)
    if (shown === undefined) return refusalPage(401, 'The navigation token is not valid.')
    const origin = searchParams.get('embed_domain') ?? ''
    const allowed = { named: shown.embedDomain, allowlist: embed.settings.domainAllowlist }
    if (!mayEmbed(origin, allowed)) return refusalPage(403, 'The embedding page is not allowed.')
    return sessionPage(shown.session, { path, embedDomain: origin })
  })

  return content
}
