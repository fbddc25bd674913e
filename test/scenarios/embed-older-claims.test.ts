// A sign-in token from before a change of roles: it may join, and never brings the old role back.
import { expect, test } from 'vitest'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import { createEmbedStage, startAtMs, watchEmbedding } from './embed-stage.ts'
import type { SignIn } from './embed-stage.ts'
import { createFaultyTable } from './embed-table.ts'

const chrome = { userAgent: 'Mozilla/5.0 Chrome/140', device: 'n4bQgYhMfWWaL-qgxVrQ_A' }
const firefox = { userAgent: 'Mozilla/5.0 Firefox/145', device: 'b5cRhZiNgXXbM-rhyWsR_B' }

const asViewer: SignIn = {
  sub: 'ada',
  role: 'viewer',
  iat: startAtMs / 1000 - 20,
  auth_time: startAtMs / 1000 - 20,
}
const asEditor: SignIn = { ...asViewer, role: 'editor', iat: startAtMs / 1000 - 10 }

/**
 * The user has a viewer's session in one browser and an editor's in another, which ended the first at
 * Looker; but the table could not be told.
 */
const withUntoldEnd = async () => {
  const { store, faults } = createFaultyTable(createMemorySessionStore())
  const stage = await createEmbedStage({ sessions: store })
  const looker = watchEmbedding(stage.looker.state)
  const one = stage.coldStart()
  const acquire = (signIn: SignIn, browser: typeof chrome) =>
    stage.clock.run(one.ask('acquire', { signIn, browser }))
  await acquire(asViewer, chrome)
  faults.failing.set('end', 'unavailable')
  await acquire(asEditor, firefox)
  faults.failing.clear()
  return { ...stage, acquire, faults, roles: () => looker.started.map(({ role }) => role) }
}

test('a session that was lost with it is not started again under the old role', async () => {
  const { acquire, looker, roles } = await withUntoldEnd()

  const late = await acquire(asViewer, chrome)

  expect(late.status).toBe(403)
  expect(late.answer).toMatchObject({
    type: 'urn:problem-type:looker-token-broker:sign-in-required',
  })
  // Looker makes a start of such a join, and there is no asking it beforehand.
  expect(roles()).toEqual(['viewer', 'editor', 'viewer'])
  expect(looker.state.embed.sessions.countLive()).toBe(0)
})

test('is served in the same browser as soon as it is renewed', async () => {
  const { acquire, roles } = await withUntoldEnd()
  await acquire(asViewer, chrome)

  const renewed = await acquire(asEditor, chrome)

  expect(renewed.status).toBe(200)
  expect(roles().at(-1)).toBe('editor')
})

test('while the other browsers cannot be looked at, nothing of it is left at Looker', async () => {
  const { acquire, faults, looker } = await withUntoldEnd()
  faults.failing.set('listOfUser', 'unavailable')

  const late = await acquire(asViewer, chrome)

  expect(late.status).toBe(503)
  expect(looker.state.embed.sessions.countLive()).toBe(0)
})
