import { expect, it } from 'vitest'
import { createMemorySessionStore } from '../../lib/store/memory-session-store.ts'
import { describeSessionStore } from '../contracts/session-store.ts'
import { sessionClaim } from '../contracts/sessions.ts'

describeSessionStore('in memory', async () => createMemorySessionStore())

it('in memory no more items of a user are listed than of a table', async () => {
  const store = createMemorySessionStore()
  const partition = 'embed-session#acme#user-1'
  for (let at = 0; at < 501; at++) {
    await store.takeLease({ partition, sort: `device#${at}` }, sessionClaim())
  }

  expect(await store.listOfUser(partition)).toHaveLength(500)
})
