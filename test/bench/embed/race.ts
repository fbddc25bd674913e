// One user opens many pages at the same instant, and nobody knows a session of theirs: what that costs at
// Looker, and how many of the pages can open their frame afterwards. The simulated Looker keeps one
// session a user, as the real one describes itself, so a second one ends the first.
import * as v from 'valibot'
import type { SessionStore } from '../../../lib/store/session-store.ts'
import { clientId, clientSecret } from '../../scenarios/fleet.ts'
import { createBrokerContestant } from './broker-page.ts'
import { createExpressContestant } from './express-page.ts'
import { startExpressServer } from './express-server.ts'
import type { Answer, Contestant } from './page.ts'
import { origin, startScene, userAgent } from './scene.ts'
import type { Scene } from './scene.ts'

export type Race = {
  readonly subject: string
  readonly pages: number
  /** That Looker started. */
  readonly sessions: number
  readonly logins: number
  readonly answered: number
  /** Pages whose frame opens when all have their answer. */
  readonly frames: number
}

const user = 'ada'

/** Each page is answered by an environment of its own that has nothing in memory. */
export const raceBrokers = async (
  pages: number,
  { leases = true }: { leases?: boolean } = {},
): Promise<Race> => {
  const scene = await startScene({
    slowly: true,
    ...(!leases && { sessions: withoutLease }),
  })
  const contestants = Array.from({ length: pages }, () =>
    createBrokerContestant('broker', scene.coldStart(), { origin, userAgent, user }),
  )
  const race = await run(leases ? 'broker' : 'lease-off', scene, contestants)
  await scene.close()
  return race
}

/** The negative control: every claim to the lease is granted, so nobody waits for anybody. */
const withoutLease = (store: SessionStore): SessionStore => ({
  ...store,
  takeLease: async (key, claim) => ({ ...(await store.takeLease(key, claim)), applied: true }),
})

/** All pages are answered by one process: more of them would have one session map each. */
export const raceExpress = async (pages: number): Promise<Race> => {
  const scene = await startScene({ slowly: true })
  const server = await startExpressServer({
    lookerUrl: scene.lookerUrl,
    clientId,
    clientSecret,
    user: { external_user_id: user, embed_domain: origin, session_length: 3600 },
  })
  const contestants = Array.from({ length: pages }, () =>
    createExpressContestant(server, userAgent),
  )
  const race = await run('express', scene, contestants)
  await server.close()
  await scene.close()
  return race
}

const run = async (
  subject: string,
  scene: Scene,
  contestants: readonly Contestant[],
): Promise<Race> => {
  const answers = await Promise.all(
    contestants.map(({ acquire }) => acquire().catch(() => undefined)),
  )
  const answered = answers.filter((answer) => answer !== undefined)
  const { embedSessionsStarted: sessions, logins } = scene.fleet.looker.counts()
  const opened = await Promise.all(answered.map((answer) => opensFrame(scene, answer)))
  return {
    subject,
    pages: contestants.length,
    sessions,
    logins,
    answered: answered.length,
    frames: opened.filter(Boolean).length,
  }
}

const schema = v.object({ authentication_token: v.string() })

const opensFrame = async ({ lookerUrl }: Scene, { answer }: Answer): Promise<boolean> => {
  const { authentication_token: token } = v.parse(schema, answer)
  const target = encodeURIComponent('/embed/dashboards/42')
  const address = `${lookerUrl}/login/embed/${target}?embed_authentication_token=${token}`
  const reply = await fetch(address, {
    headers: { 'user-agent': userAgent },
    redirect: 'manual',
  })
  await reply.text()
  return reply.status === 302
}
