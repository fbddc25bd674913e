import { describe, expect, test } from 'vitest'
import { Secret } from '../../lib/secret.ts'
import type { ApiToken } from '../../lib/sources/token-source.ts'
import { service } from './fleet.ts'
import { apiTokenOf, createTableFleet } from './sdk-table.ts'
import type { TableFleet } from './sdk-table.ts'

const logouts = (fleet: TableFleet): number => fleet.looker.counts().calls.logout ?? 0

const standingOf = (fleet: TableFleet, token: ApiToken) =>
  fleet.looker.state.tokens.recall(token.secret.reveal())?.standing

describe('a token that a caller reported', () => {
  test('is logged out once another stands in the table', async () => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const token = apiTokenOf(await fleet.served(source))

    const next = apiTokenOf(await fleet.served(source, { refused: token.secret.digest() }))

    expect(standingOf(fleet, token)).toBe('revoked')
    expect(standingOf(fleet, next)).toBe('live')
    expect(logouts(fleet)).toBe(1)
  })

  test('of a user is logged out without harm to the service account', async () => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const base = apiTokenOf(await fleet.served(source))
    const token = apiTokenOf(await fleet.served(source, { userId: '7' }))

    await fleet.served(source, { userId: '7', refused: token.secret.digest() })

    expect(standingOf(fleet, token)).toBe('revoked')
    expect(standingOf(fleet, base)).toBe('live')
  })

  test('is logged out once for 100 who reported it', async () => {
    const fleet = await createTableFleet()
    const sources = fleet.sources(100)
    const [token] = await fleet.run(Promise.all(sources.map((one) => one.getToken())))
    const refused = token?.secret.digest()

    await fleet.run(Promise.all(sources.map((one) => one.getToken({ refused }))))

    expect(logouts(fleet)).toBe(1)
  })

  test('is left alone while there is no other', async () => {
    const fleet = await createTableFleet()
    const [source, other] = [fleet.source(), fleet.source()]
    const token = apiTokenOf(await fleet.served(source))
    await fleet.served(other)
    fleet.looker.setFault('login', { kind: 'status', status: 503 })

    const reported = await fleet.served(source, { refused: token.secret.digest() })
    const good = apiTokenOf(await fleet.served(other))

    expect(reported.code).toBe('looker-unavailable')
    expect(standingOf(fleet, good)).toBe('live')
    expect(logouts(fleet)).toBe(0)
  })

  test('is left alone when the other could not be stored', async () => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const token = apiTokenOf(await fleet.served(source))
    fleet.table.failing = 'unavailable'
    fleet.table.only = ['publish']

    const next = apiTokenOf(await fleet.served(source, { refused: token.secret.digest() }))

    expect(standingOf(fleet, token)).toBe('live')
    expect(standingOf(fleet, next)).toBe('live')
    expect(logouts(fleet)).toBe(0)
  })

  test.each([
    ['401', { kind: 'status', status: 401 }],
    ['503', { kind: 'status', status: 503 }],
    ['nothing', { kind: 'reset' }],
  ] as const)('is nobody’s failure when its logout is answered with %s', async (_, fault) => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const token = apiTokenOf(await fleet.served(source))
    fleet.looker.setFault('logout', fault)

    const next = await fleet.served(source, { refused: token.secret.digest() })

    expect(next.code).toBe('ok')
    expect(logouts(fleet)).toBe(1)
  })
})

describe('a token that nobody reported', () => {
  test('is never logged out by a renewal', async () => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const token = apiTokenOf(await fleet.served(source))
    await fleet.clock.advance(3_400_000)

    const next = apiTokenOf(await fleet.served(source))

    expect(next.secret.digest()).not.toBe(token.secret.digest())
    expect(standingOf(fleet, token)).toBe('live')
    expect(logouts(fleet)).toBe(0)
  })

  test('is never logged out after another one was', async () => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const first = apiTokenOf(await fleet.served(source))
    const second = apiTokenOf(await fleet.served(source, { refused: first.secret.digest() }))
    await fleet.clock.advance(3_400_000)

    await fleet.served(source)

    expect(standingOf(fleet, second)).toBe('live')
    expect(logouts(fleet)).toBe(1)
  })
})

/** One environment that logged in by itself. */
const aloneFleet = async () => {
  const fleet = await createTableFleet()
  const source = fleet.source()
  await fleet.served(source)
  await fleet.clock.advance(3_600_000)
  fleet.table.failing = 'unavailable'
  const alone = apiTokenOf(await fleet.served(source))
  return { fleet, source, alone }
}

describe('while the table is away', () => {
  test('the process’s own token is logged out when it was reported and replaced', async () => {
    const { fleet, source, alone } = await aloneFleet()
    await fleet.clock.advance(30_000)

    const next = apiTokenOf(await fleet.served(source, { refused: alone.secret.digest() }))

    expect(standingOf(fleet, alone)).toBe('revoked')
    expect(standingOf(fleet, next)).toBe('live')
  })

  test('it is left alone when it ended by itself', async () => {
    const { fleet, source } = await aloneFleet()
    await fleet.clock.advance(3_600_000)

    const next = await fleet.served(source)

    expect(next.code).toBe('ok')
    expect(logouts(fleet)).toBe(0)
  })

  test('it is left alone when another cannot be had', async () => {
    const { fleet, source, alone } = await aloneFleet()
    await fleet.clock.advance(30_000)
    fleet.looker.setFault('login', { kind: 'status', status: 503 })

    await fleet.served(source, { refused: alone.secret.digest() })

    expect(standingOf(fleet, alone)).toBe('live')
  })

  test('the shared token of the others is not logged out by who logs in alone', async () => {
    const fleet = await createTableFleet()
    const source = fleet.source()
    const shared = apiTokenOf(await fleet.served(source))
    fleet.table.failing = 'unavailable'

    const alone = apiTokenOf(await fleet.served(source, { refused: shared.secret.digest() }))

    expect(alone.secret.digest()).not.toBe(shared.secret.digest())
    expect(standingOf(fleet, shared)).toBe('live')
    expect(logouts(fleet)).toBe(0)
  })
})

/** A small generator with a seed, so that a history that fails can be run again. */
const chanceOf = (seed: number) => {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const requests = [
  {},
  { workspace: 'dev' },
  { userId: '7' },
  { userId: '7', workspace: 'dev' },
] as const

/** What is published, and whether Looker was told to end a token that stood in the table. */
const watched = async () => {
  const generations = new Map<string, number>()
  const present = new Map<string, ApiToken>()
  const endedPresent: string[] = []
  const ended = new Set<string>()
  const fleet = await createTableFleet({
    services: (services) => ({
      ...services,
      fetch: async (...call) => {
        const [, init] = call
        if (init?.method === 'DELETE') {
          const digest = digestOf(new Headers(init.headers).get('authorization') ?? '')
          ended.add(digest)
          for (const [key, token] of present) {
            const item = await fleet.itemOf(principals.get(key))
            const stands = item?.sealed?.generation === generations.get(key)
            if (stands && token.secret.digest() === digest) endedPresent.push(key)
          }
        }
        return services.fetch(...call)
      },
    }),
  })
  const note = async (key: string, token: ApiToken): Promise<void> => {
    const item = await fleet.itemOf(principals.get(key))
    present.set(key, token)
    generations.set(key, item?.sealed?.generation ?? 0)
  }
  return { fleet, note, ended, endedPresent }
}

const digestOf = (authorization: string): string =>
  new Secret(authorization.replace('Bearer ', '')).digest()

const principals = new Map(
  requests.map((request) => [
    JSON.stringify(request),
    {
      ...service,
      ...('userId' in request ? { userId: request.userId } : {}),
      workspace: 'workspace' in request ? request.workspace : ('production' as const),
    },
  ]),
)

test.each(Array.from({ length: 12 }, (_, index) => index + 1))(
  'in the random history %i exactly what was reported and replaced is logged out, and nothing that stood in the table',
  async (seed) => {
    const chance = chanceOf(seed)
    const { fleet, note, ended, endedPresent } = await watched()
    const sources = fleet.sources(6)
    const replaced = new Set<string>()
    const served = new Map<string, ApiToken>()

    for (let step = 0; step < 60; step++) {
      const request = requests[Math.floor(chance() * 4)] ?? {}
      const key = JSON.stringify(request)
      const source = fleet.source()
      const token = apiTokenOf(await fleet.served(source, request))
      served.set(token.secret.digest(), token)
      await note(key, token)
      if (chance() < 0.4) {
        const refused = token.secret.digest()
        const reporters = [source, ...sources.filter(() => chance() < 0.5)]
        const outcomes = await fleet.run(
          Promise.all(reporters.map((one) => fleet.outcome(one, { ...request, refused }))),
        )
        // The others may hold an older token that is still good, and be served that.
        const next = outcomes[0]?.token
        if (next) replaced.add(refused)
        if (next) served.set(next.secret.digest(), next)
        if (next) await note(key, next)
      }
      await fleet.clock.advance(chance() < 0.2 ? 3_300_000 : chance() * 120_000)
    }

    expect(replaced.size).toBeGreaterThan(3)
    expect(endedPresent).toEqual([])
    expect([...ended].toSorted()).toEqual([...replaced].toSorted())
    const others = [...served].filter(([digest]) => !ended.has(digest))
    expect(others.map(([, token]) => standingOf(fleet, token))).not.toContain('revoked')
  },
)
