// Serves the Sessions page on this machine, at /sessions/ of the identity provider's origin.
import { Hono } from 'hono'
import { sessionsPageFiles, type PageFile } from '../cli/sessions-page-files.ts'
import { administratorsClient } from './identity-provider/authorization-code.ts'

export const createSessionsPage = (options: {
  /** Origin of page and identity provider. */
  readonly issuer: string
  /** Address of the broker. */
  readonly apiUrl: string
}): Hono => {
  const { issuer, apiUrl } = options
  const { clientId, scope } = administratorsClient
  const page = new Hono()
  let made: Promise<readonly PageFile[]> | undefined
  const files = () =>
    (made ??= sessionsPageFiles({ apiUrl, signIn: { issuer, clientId, scopes: [scope] } }))

  page.get('/sessions/*', async (context) => {
    if (context.req.path === '/sessions') return context.redirect('/sessions/')
    const name = context.req.path.slice('/sessions/'.length) || 'index.html'
    const file = (await files()).find((one) => one.name === name)
    if (file === undefined) return context.notFound()
    return context.body(file.text, 200, { 'content-type': `${file.type};charset=utf-8` })
  })
  return page
}
