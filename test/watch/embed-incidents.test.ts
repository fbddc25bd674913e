// Incidents of embed sessions: each raises its alarm and no other.
import { describe, expect, it } from 'vitest'
import { createEmbedStage, startAtMs } from '../scenarios/embed-stage.ts'
import type { Who } from '../scenarios/embed-stage.ts'
import { alarmsOf, createRecorder, minuteMs } from './incidents.ts'

const issuedAt = startAtMs / 1000
const ada: Who = {
  signIn: { sub: 'ada', role: 'viewer', iat: issuedAt, auth_time: issuedAt },
  browser: { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' },
}

type Tokens = { readonly navigation_token: string; readonly api_token: string }

const tokensOf = (answer: unknown): Tokens => {
  const { navigation_token, api_token } = Object(answer)
  return { navigation_token: String(navigation_token), api_token: String(api_token) }
}

const createStage = async () => {
  const recorder = createRecorder()
  const stage = await createEmbedStage({
    policy: { session_duration: 1_800 },
    services: recorder.logged,
  })
  const { clock } = stage
  const process = stage.coldStart()
  const office = stage.coldOffice()
  let tokens = tokensOf((await clock.run(process.ask('acquire', ada))).answer)
  /** A page that asks for its next tokens three times a minute, and the schedules. */
  const pass = async (minutes: number, { turns = 3 } = {}): Promise<void> => {
    for (let minute = 0; minute < minutes; minute += 1) {
      const endMs = clock.now() + minuteMs
      await recorder.scheduled('renewApiTokens', clock, async () => undefined)
      await clock.run(recorder.scheduled('endDueSessions', clock, office.sweep))
      for (let turn = 0; turn < turns; turn += 1) {
        tokens = tokensOf((await clock.run(process.ask('generate', ada, tokens))).answer)
        clock.skip(6_000)
      }
      clock.skip(Math.max(0, endMs - clock.now()))
    }
  }
  return { ...stage, ...recorder, pass }
}

const offIn = ({ samples, clock }: Awaited<ReturnType<typeof createStage>>) =>
  alarmsOf(samples, [startAtMs, clock.now()])

describe('of the alarms', { timeout: 120_000 }, () => {
  it('none goes off while a session is used, ends, and is ended at Looker', async () => {
    const stage = await createStage()

    await stage.pass(29)
    await stage.pass(60, { turns: 0 })

    expect(offIn(stage)).toEqual([])
    expect(stage.looker.counts().calls.delete_embed_cookieless_session).toBe(1)
  })

  it('only the sessions that are stuck go off when Looker is down while one ends', async () => {
    const stage = await createStage()

    await stage.pass(29)
    stage.looker.setFault('delete_embed_cookieless_session', { kind: 'status', status: 503 })
    await stage.pass(30, { turns: 0 })

    expect(offIn(stage)).toEqual(['sessions-stuck'])
  })

  it('none goes off when Looker is down for a few minutes while one ends', async () => {
    const stage = await createStage()

    await stage.pass(29)
    stage.looker.setFault('delete_embed_cookieless_session', { kind: 'status', status: 503 })
    await stage.pass(10, { turns: 0 })
    stage.looker.clearFaults()
    await stage.pass(30, { turns: 0 })

    expect(offIn(stage)).toEqual([])
  })

  it('only the pages go off that keep their old tokens, when Looker has no new ones', async () => {
    const stage = await createStage()

    stage.looker.setFault('generate_tokens_for_cookieless_session', { kind: 'status', status: 503 })
    await stage.pass(20)

    expect(offIn(stage)).toEqual(['pages-keep-old-tokens'])
  })
})
