// What calls of one process at the same instant cost Looker: through our session with a broker behind it, and
// through the session that Looker publishes. Both over HTTP, before the same simulated Looker.
import { Looker40SDK } from '@looker/sdk'
import { NodeSession, NodeTransport } from '@looker/sdk-node'
import { DefaultSettings } from '@looker/sdk-rtl'
import { clientId, clientSecret } from '../../scenarios/fleet.ts'
import { createSdkStage } from '../../scenarios/sdk-stage.ts'

export type Logins = {
  readonly subject: 'session' | 'sdk-node'
  readonly calls: number
  readonly logins: number
  readonly answered: number
}

type Stage = Awaited<ReturnType<typeof createSdkStage>>

const subjects = {
  session: (stage: Stage) => stage.sdkOf(),
  'sdk-node': ({ server }: Stage) => {
    const settings = {
      ...DefaultSettings(),
      base_url: server.url,
      readConfig: () => ({ client_id: clientId, client_secret: clientSecret }),
    }
    return new Looker40SDK(new NodeSession(settings, new NodeTransport(settings)))
  },
}

/** `calls` of `me()` at once, none before. */
export const countLogins = async (
  subject: Logins['subject'],
  calls: number,
  loginLatencyMs = 50,
): Promise<Logins> => {
  const stage = await createSdkStage({ looker: { loginLatencyMs } })
  try {
    const sdk = subjects[subject](stage)
    const results = await Promise.allSettled(Array.from({ length: calls }, () => sdk.ok(sdk.me())))
    const answered = results.filter(({ status }) => status === 'fulfilled').length
    return { subject, calls, logins: stage.looker.counts().logins, answered }
  } finally {
    await stage.close()
  }
}
