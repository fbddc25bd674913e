// Pages whose session lives, taking turns: one at Looker itself, one at a broker for each kind of table,
// one at the Express server. Each has a user of its own.
import { clientId, clientSecret } from '../../scenarios/fleet.ts'
import { createShiftableClock } from '../herd/broker-herd.ts'
import { createBareLooker } from './bare-looker.ts'
import { createBrokerContestant } from './broker-page.ts'
import { startTables } from './dynamodb.ts'
import { createExpressContestant } from './express-page.ts'
import { startExpressServer } from './express-server.ts'
import { createPage } from './page.ts'
import type { Contestant } from './page.ts'
import { origin, startScene, userAgent } from './scene.ts'
import type { Scene } from './scene.ts'
import { measureTurns } from './turns.ts'
import type { Times } from './turns.ts'

export type WarmTimes = {
  readonly acquire: readonly Times[]
  readonly generate: readonly Times[]
}

/** The first entry of each list is the call at Looker alone. */
export const measureWarmPages = async (options: {
  readonly turns: number
  readonly warmUps: number
  /** A broker with its table in DynamoDB Local takes part. */
  readonly dynamoDb: boolean
}): Promise<WarmTimes> => {
  const clock = createShiftableClock()
  const scene = await startScene({ clock })
  const database = options.dynamoDb ? await startTables() : undefined
  const far = database && (await startScene({ clock, tables: database.tables }))
  const express = await startExpressServer({
    lookerUrl: scene.lookerUrl,
    clientId,
    clientSecret,
    user: userOf('express'),
  })
  const contestants = [
    await bareLooker(scene),
    createBrokerContestant('broker, table in memory', scene.coldStart(), visit('broker')),
    ...(far
      ? [createBrokerContestant('broker, DynamoDB Local', far.coldStart(), visit('far'))]
      : []),
    createExpressContestant(express, userAgent),
  ]
  const pages = []
  for (const contestant of contestants) pages.push(await createPage(contestant))
  // At most 30 acquires a minute: two seconds a turn, by the wall clock alone.
  const turns = { ...options, between: () => clock.shift(2_100) }
  const acquire = await measureTurns(pages, 'acquire', turns)
  const generate = await measureTurns(pages, 'generate', turns)
  await Promise.all([express.close(), scene.close(), far?.close(), database?.stop()])
  return { acquire, generate }
}

const userOf = (name: string) => ({
  external_user_id: name,
  embed_domain: origin,
  session_length: 43_200,
})

const visit = (user: string) => ({ origin, userAgent, user })

const bareLooker = async ({ fleet, lookerUrl }: Scene): Promise<Contestant> => {
  const { secret } = await fleet.ask(fleet.coldStart())
  const user = userOf('bare')
  return createBareLooker({ lookerUrl, apiToken: secret.reveal(), userAgent, user })
}
