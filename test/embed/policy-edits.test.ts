// Who may write the table cannot lengthen a session: its times are inside the seal. On DynamoDB Local, where
// attributes can be edited.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { describe, expect, it } from 'vitest'
import type { Services } from '../../lib/broker.ts'
import { withEmbed } from '../../lib/embed-broker.ts'
import { everything } from '../../lib/embed/composition.ts'
import { sessionKeyOf } from '../../lib/embed/session-key.ts'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import { keyAttributes } from '../../lib/store/items.ts'
import type { Attributes } from '../../lib/store/items.ts'
import { deadlineIn } from '../../lib/time.ts'
import { createShiftableClock } from '../bench/herd/broker-herd.ts'
import { createFleet, instance, tenantOf } from '../scenarios/fleet.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'
import { pageCaller } from './page-samples.ts'
import { tokensOf } from './session-world.ts'

const tenant = tenantOf({
  origins: ['https://app.example.com'],
  identity: { jwt: { issuer: 'https://issuer.example.com', audience: ['broker'] } },
  embed: {
    user: { external_user_id: { claim: 'sub' } },
    session_policy: { session_duration: 300 },
  },
})

const ada = pageCaller()
const far = { ':far': { N: '4000000000000' } }

/** A session that the table holds, and a way to edit its item. */
const withSession = async () => {
  const table = await freshTable()
  const clock = createShiftableClock()
  let services: Services | undefined
  const fleet = await createFleet({ clock, tenant, services: (given) => (services = given) })
  const tokens = fleet.coldStart()
  if (!services) throw new Error('no services')
  const sessions = createDynamoSessionStore(table)
  const { embed } = withEmbed(tokens, { ...services, sessions }, everything)
  if (!embed) throw new Error('the tenant does not embed')
  const { service } = embed
  const within = () => deadlineIn(clock, 12_000)
  const acquired = await service.acquire(ada, {}, within())
  const edit = (UpdateExpression: string, values?: Attributes) =>
    table.client.send(
      new UpdateItemCommand({
        TableName: table.tableName,
        Key: keyAttributes(sessionKeyOf(instance, ada)),
        UpdateExpression,
        ExpressionAttributeValues: values,
      }),
    )
  return { service, within, edit, clock, acquired, looker: fleet.looker }
}

describe.skipIf(!hasDynamoDb())('a session whose plain attributes were edited', () => {
  it.each([
    'due_at = :far',
    'ttl_epoch_seconds = :far',
    'claims_at_ms = :far',
    'acquire_window_ms = :far',
    'ends_at_ms = :far, lasts_until_ms = :far, active_at_ms = :far',
  ])('ends at its time all the same: SET %s', async (assignments) => {
    const { service, within, edit, clock, acquired } = await withSession()
    await edit(`SET ${assignments}`, far)
    clock.shift(300_000)

    const over = await service.generate(ada, tokensOf(acquired), within())

    expect(over).toEqual({ session_reference_token_ttl: 0 })
    expect(await service.state(ada, {}, within())).toMatchObject({
      state: 'ended',
      reason: 'expired',
      sign_in_required: true,
    })
  })

  it('does not open under another generation, and is not extended', async () => {
    const { service, within, edit, clock } = await withSession()
    await edit('SET session_generation = :far', far)
    clock.shift(200_000)

    const extension = service.extend(ada, within())

    await expect(extension).rejects.toMatchObject({ code: 'not-found' })
  })

  it.each<[string, Attributes?]>([
    ['REMOVE ended_at_ms, end_reason, needs_sign_in'],
    ['REMOVE needs_sign_in'],
    ['SET needs_sign_in = :no', { ':no': { BOOL: false } }],
    ['SET ended_at_ms = :early', { ':early': { N: '1' } }],
  ])('asks for a sign-in though its end was: %s', async (expression, values) => {
    const { service, within, edit, clock, acquired, looker } = await withSession()
    // So that Looker does not confirm, and the record stays.
    const down = { kind: 'status', status: 503 } as const
    looker.state.faults.set('delete_embed_cookieless_session', down)
    clock.shift(300_000)
    await service.generate(ada, tokensOf(acquired), within())
    await edit(expression, values)

    const again = service.acquire(ada, {}, within())

    await expect(again).rejects.toMatchObject({ code: 'sign-in-required' })
    expect(await service.generate(ada, tokensOf(acquired), within())).toEqual({
      session_reference_token_ttl: 0,
    })
  })
})
