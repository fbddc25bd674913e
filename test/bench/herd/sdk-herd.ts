// A herd of Looker's own sessions for Node, one per environment, against the simulated Looker over HTTP.
import { NodeSession, NodeTransport } from '@looker/sdk-node'
import { DefaultSettings } from '@looker/sdk-rtl'
import { Secret } from '../../../lib/secret.ts'
import { createLookerSimulator } from '../../../local/looker/server.ts'
import type { Herd, Latency } from './herd.ts'
import { credentials } from './stage.ts'

export const createSdkHerd = async (n: number, { loginMs }: Latency): Promise<Herd> => {
  const looker = createLookerSimulator({
    clientId: credentials.client_id,
    clientSecret: credentials.client_secret,
    loginLatencyMs: loginMs,
  })
  const server = await looker.listen()
  return {
    callers: Array.from({ length: n }, () => createSdkCaller(server.url, credentials)),
    logins: () => looker.counts().logins,
    close: server.close,
  }
}

export const createSdkCaller = (
  baseUrl: string,
  known: { readonly client_id: string; readonly client_secret: string },
): (() => Promise<Secret>) => {
  const settings = { ...DefaultSettings(), base_url: baseUrl, readConfig: () => ({ ...known }) }
  const session = new NodeSession(settings, new NodeTransport(settings))
  return async () => new Secret((await session.getToken()).access_token)
}
