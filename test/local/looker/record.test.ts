// Which token made which call at the simulated Looker.
import { describe, expect, it } from 'vitest'
import { Secret } from '../../../lib/secret.ts'
import { createLookerSimulator } from '../../../local/looker/server.ts'

const created = () => {
  const simulator = createLookerSimulator({ now: () => 0 })
  const { tokens } = simulator.state
  const call = (route: string, token?: string, name?: string) => {
    const [method = 'GET', path = ''] = route.split(' ')
    return simulator.fetch(`http://looker.test${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(name === undefined ? {} : { 'x-simulator-call': name }),
      },
      body: method === 'PATCH' ? '{"workspace_id":"dev"}' : null,
    })
  }
  return {
    simulator,
    call,
    service: tokens.issue({ userId: '1000', sudoUserId: undefined }),
    ann: tokens.issue({ userId: '7', sudoUserId: '1000' }),
  }
}

const digestOf = (token: string) => new Secret(token).digest()
const me = 'GET /api/4.0/user'
const session = 'GET /api/4.0/session'

describe('the record of calls', () => {
  it('says of each token whose it is, and which calls it made', async () => {
    const { simulator, call, service, ann } = created()

    await call(me, service)
    await call(me, ann)
    await call(session, ann)
    await call(me, ann)

    expect(simulator.record.byTokenDigest()).toEqual({
      [digestOf(service)]: {
        standing: 'live',
        userId: null,
        sudoUserId: null,
        workspace: 'production',
        calls: { me: 1 },
        deadCalls: {},
      },
      [digestOf(ann)]: {
        standing: 'live',
        userId: '7',
        sudoUserId: '1000',
        workspace: 'production',
        calls: { me: 2, session: 1 },
        deadCalls: {},
      },
    })
  })

  it('tells calls with an ended token from those before, and knows whose it was', async () => {
    const { simulator, call, service, ann } = created()

    await call(me, ann)
    simulator.revoke(digestOf(ann))
    await call(me, ann)
    await call(me, service)
    simulator.clock.advance(3600)
    await call(me, service)

    const uses = simulator.record.byTokenDigest()
    expect(uses[digestOf(ann)]).toMatchObject({
      standing: 'revoked',
      userId: '7',
      calls: { me: 1 },
      deadCalls: { me: 1 },
    })
    expect(uses[digestOf(service)]).toMatchObject({ standing: 'expired', deadCalls: { me: 1 } })
  })

  it('says of a token that was never given out that it is unknown', async () => {
    const { simulator, call } = created()

    await call(me, 'made-up')

    expect(simulator.record.byTokenDigest()).toEqual({
      [digestOf('made-up')]: {
        standing: 'unknown',
        userId: null,
        sudoUserId: null,
        workspace: null,
        calls: {},
        deadCalls: { me: 1 },
      },
    })
  })

  it('that was read does not grow with later calls', async () => {
    const { simulator, call, ann } = created()
    await call(me, ann)

    const read = simulator.record.byTokenDigest()
    await call(me, ann)

    expect(read[digestOf(ann)]?.calls).toEqual({ me: 1 })
  })

  it('has calls that were answered by a fault', async () => {
    const { simulator, call, ann } = created()
    simulator.setFault('me', { kind: 'status', status: 503 })

    await call(me, ann)

    expect(simulator.record.byTokenDigest()[digestOf(ann)]?.calls).toEqual({ me: 1 })
  })

  it('keeps calls with a name one by one, each in the workspace that it was made in', async () => {
    const { simulator, call, ann } = created()

    await call(me, ann, 'before')
    await call('PATCH /api/4.0/session', ann)
    await call(me, ann, 'after')
    await call(me, undefined, 'without a token')

    const ofAnn = { standing: 'live', userId: '7', sudoUserId: '1000', operation: 'me' }
    const tokenDigest = digestOf(ann)
    expect(simulator.record.named()).toEqual([
      { ...ofAnn, name: 'before', workspace: 'production', tokenDigest },
      { ...ofAnn, name: 'after', workspace: 'dev', tokenDigest },
      {
        name: 'without a token',
        standing: 'unknown',
        userId: null,
        sudoUserId: null,
        workspace: null,
        operation: 'me',
        tokenDigest: null,
      },
    ])
  })
})
