// What the log tells the operator of a refusal.
import { describe, expect, it } from 'vitest'
import { create } from '../../functions/issue-api-token.ts'
import { account, context, httpEvent, rimBroker, signedBy } from './calls.ts'

describe('the log of a refused request', () => {
  it('names the role and what it asked for', async () => {
    const { source, events } = rimBroker()
    const body = JSON.stringify({ user_id: '9', workspace: 'dev' })

    await create(source).handler(httpEvent({ authorizer: signedBy('two-users'), body }), context)

    expect(events).toMatchObject([
      {
        name: 'request-failed',
        code: 'forbidden',
        about: { caller: `${account}/two-users`, user_id: '9', workspace: 'dev' },
      },
    ])
  })

  it('names a direct call', async () => {
    const { source, events } = rimBroker()

    await create(source).direct({}, context)

    expect(events).toMatchObject([
      { about: { caller: 'direct', user_id: 'service account', workspace: 'production' } },
    ])
  })
})
