// The doctor's function: who may ask it, and what it leaves behind.
import { ScanCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, describe, expect, it } from 'vitest'
import { createWorld } from '../doctor/world.ts'
import type { World } from '../doctor/world.ts'
import { hasDynamoDb } from '../setup/table.ts'
import { httpEvent } from './calls.ts'

const worlds: World[] = []

afterEach(async () => {
  await Promise.all(worlds.splice(0).map(({ close }) => close()))
})

const open = async (): Promise<World> => {
  const world = await createWorld()
  worlds.push(world)
  return world
}

describe.skipIf(!hasDynamoDb())("the doctor's function", () => {
  it('answers findings to who invokes it', async () => {
    const { direct } = await open()

    const answer = await direct({})

    expect(answer).toMatchObject({
      findings: expect.arrayContaining([
        {
          check: 'login',
          standing: 'ok',
          what: 'Looker takes client id and secret.',
          remedy: null,
        },
      ]),
    })
  })

  it.each([
    ['an event of an HTTP API', httpEvent({}), 403],
    ['a field that it does not know', { stage: 'other' }, 400],
    ['a list', [], 400],
  ])('refuses %s, and asks Looker nothing', async (_, event, status) => {
    const { direct, looker } = await open()

    expect(await direct(event)).toMatchObject({ status })
    expect(looker.counts().calls).toEqual({})
  })

  it('logs in by itself, and out again with every token it was given', async () => {
    const { direct, looker } = await open()

    await direct({})

    expect(looker.counts()).toMatchObject({ logins: 1, userLogins: 1, logouts: 2 })
    expect(looker.state.tokens.countLive()).toBe(0)
  })

  it('leaves neither session nor user behind, and names the user for what it is', async () => {
    const { direct, looker } = await open()
    const names: string[] = []
    const { put } = looker.state.embed.users
    Object.assign(looker.state.embed.users, {
      put: (profile: Parameters<typeof put>[0]) => {
        names.push(profile.external_user_id)
        return put(profile)
      },
    })

    await direct({})

    const [name = ''] = names
    expect(name).toMatch(/^looker-token-broker-doctor-test-[\w-]{22}$/)
    expect(new Set(names).size).toBe(1)
    expect(looker.state.embed.users.find(name)).toBeUndefined()
    expect(looker.state.embed.sessions.countLive()).toBe(0)
  })

  it.each([
    ['one', 1],
    ['many', 2],
  ] as const)('ends where Looker keeps %s a user those that live: %i', async (kept, ends) => {
    const { direct, looker } = await open()
    looker.state.embed.settings.sessionsPerUser = kept

    await direct({})

    expect(looker.counts().calls.delete_embed_cookieless_session).toBe(ends)
  })

  it('makes another user each time', async () => {
    const { direct, looker } = await open()

    await direct({})
    await direct({})

    expect(looker.counts().embedUsersCreated).toBe(2)
  })

  it('stores nothing in the table', async () => {
    const { direct, client, tableName: TableName } = await open()
    const read = async () => (await client.send(new ScanCommand({ TableName }))).Items
    const before = await read()

    await direct({})

    expect(before).toHaveLength(1)
    expect(await read()).toEqual(before)
  })
})
