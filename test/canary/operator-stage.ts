// A deployed stage in this process, for the operator's commands: its functions, with all secrets in play.
import * as v from 'valibot'
import { create as createAcquire } from '../../functions/acquire-embed-session.ts'
import { create as createExamine } from '../../functions/examine-looker.ts'
import { create as createIssue } from '../../functions/issue-api-token.ts'
import { create as createRevoke } from '../../functions/revoke-everything.ts'
import { create as createSessions } from '../../functions/sessions.ts'
import { createBroker } from '../../lib/broker.ts'
import type { EmbedServices, Services } from '../../lib/broker.ts'
import type { Tenant } from '../../lib/config.ts'
import { createDoctorBroker } from '../../lib/doctor-broker.ts'
import { withAdministration, withEmbed, withRevocation } from '../../lib/embed-broker.ts'
import { everything } from '../../lib/embed/composition.ts'
import { createLogReport } from '../../lib/log.ts'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'
import { createFleet, stage, tableName } from '../scenarios/fleet.ts'
import { watchEmbedding } from '../scenarios/embed-stage.ts'
import { clientSecret } from './hunt.ts'
import type { Hunt } from './hunt.ts'
import type { Invoke } from './operator-aws.ts'

const problem = v.object({ type: v.string(), detail: v.string() })

const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 120_000 }

export const createOperatorStage = async (hunt: Hunt, tenant: Tenant) => {
  // Waiting is not the point.
  const clock = createFakeClock(Date.now())
  const table: EmbedServices['sessions'] = createMemorySessionStore()
  let made: Services | undefined
  const fleet = await createFleet({
    clock,
    tenant,
    looker: { clientSecret, clientId: tenant.looker.client_id },
    services: (services) => {
      const log = { write: console.log, stage, clock }
      made = { ...services, report: createLogReport(log) }
      return made
    },
  })
  hunt.markTokens(fleet.looker.state)
  hunt.markDataKeys(fleet.kms)
  await fleet.setSecret(clientSecret)
  const seen = watchEmbedding(fleet.looker.state)

  /** Each call is one of a process of its own, which knows nothing yet. */
  const functions = () => {
    fleet.coldStart()
    if (!made) throw new Error('the fleet made no services')
    const services: EmbedServices = { ...made, sessions: table }
    const where = { stage, tableName, tenant }
    const pages = withEmbed(createBroker(where, services), services, everything)
    const broker = withAdministration(withRevocation(pages, services), services)
    return {
      acquireEmbedSessionDirect: createAcquire(() => broker).direct,
      issueApiTokenDirect: createIssue(() => broker).direct,
      revokeEverythingDirect: createRevoke(() => broker).direct,
      sessionsDirect: createSessions(() => broker).direct,
      examineLookerDirect: createExamine(() => createDoctorBroker(where, services)).direct,
    }
  }
  const invoke: Invoke = async (key, payload) => {
    const direct = Object.entries(functions()).find(([name]) => name === key)?.[1]
    if (!direct) throw new Error(`there is no function ${key}`)
    return clock.run(direct(payload, context))
  }

  const invokeWell = async (key: string, payload: object): Promise<void> => {
    const answer = await invoke(key, payload)
    if (v.is(problem, answer)) throw new Error(`${key}: ${answer.type}: ${answer.detail}`)
  }

  let users = 0
  /** Sessions and tokens, so that there is something to list and to end. */
  const populate = async (): Promise<void> => {
    // Whatever was refused before is forgotten by then.
    await clock.advance(1_800_000)
    const seconds = Math.ceil(clock.now() / 1000)
    for (const role of ['viewer', 'editor'] as const) {
      users += 1
      await invokeWell('acquireEmbedSessionDirect', {
        claims: { sub: `user-${users}`, role, iat: seconds, auth_time: seconds },
        user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36',
        embed_domain: tenant.origins[0],
      })
    }
    await invokeWell('issueApiTokenDirect', {})
    await invokeWell('issueApiTokenDirect', { user_id: '7' })
  }

  return {
    stage,
    looker: fleet.looker,
    kms: fleet.kms,
    invoke,
    populate,
    latestUser: () => `user-${users}`,
    /** Of every embed session so far: reference tokens, and the tokens of pages. */
    embedSecrets: (): readonly string[] => [
      ...seen.started.map(({ session }) => session.referenceToken),
      ...seen.owners.keys(),
    ],
  }
}
