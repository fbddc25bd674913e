import { describe, expect, test } from 'vitest'
import { BrokerError, KeysError, LookerError, StoreError } from '../../lib/errors.ts'
import type { LookerFailure } from '../../lib/errors.ts'
import type { LookerClient } from '../../lib/looker/client.ts'
import { Secret } from '../../lib/secret.ts'
import type { ClientSecret } from '../../lib/tokens/client-secret.ts'
import { createLogIn } from '../../lib/tokens/log-in.ts'
import { handClock, left, service, tokenWith } from './samples.ts'

const access = (text: string) => ({ token: new Secret(text), expiresInSeconds: 3_600 })
const known = (version: number) => ({ secret: new Secret(`secret-${version}`), version })
const refusing =
  (failure: LookerFailure, status = 404) =>
  async (): Promise<never> => {
    throw new LookerError(failure, 'simulated', { status, retryAfterMs: 5_000 })
  }

const setUp = (looker: Partial<LookerClient> = {}, clientSecret: Partial<ClientSecret> = {}) => {
  const clock = handClock()
  const calls: string[] = []
  const client: LookerClient = {
    login: async () => access('service-token'),
    loginUser: async (base, userId) => access(`${userId}-by-${base.reveal()}`),
    switchWorkspace: async () => undefined,
    logout: async (token) => {
      calls.push(`logout ${token.reveal()}`)
    },
    ...looker,
  }
  const secret: ClientSecret = {
    get: async () => known(1),
    reread: async () => known(1),
    learn: () => undefined,
    version: async () => 1,
    ...clientSecret,
  }
  return { clock, calls, logIn: createLogIn({ looker: client, clientSecret: secret, clock }) }
}

const user = { ...service, userId: '5' }

describe('the service account', () => {
  test('gets a token that ends as Looker says, with the secret that made it', async () => {
    const { logIn } = setUp({}, { get: async () => known(7) })

    const result = await logIn.logIn(service, undefined, left(5_000))

    expect(result).toMatchObject({ ok: true, issuedAtMs: 0, expiresAtMs: 3_600_000 })
    expect(result).toMatchObject({ clientSecret: { version: 7 } })
  })

  test('gets a token without the secret that made it, where the caller brought that', async () => {
    const { logIn } = setUp({}, { get: async () => known(1) })

    const result = await logIn.logIn(service, undefined, left(5_000))

    expect(result).toMatchObject({ ok: true })
    expect(result).not.toHaveProperty('clientSecret')
  })

  test('is tried again once with the stored secret when Looker refuses the known one', async () => {
    const tried: string[] = []
    const login: LookerClient['login'] = async ({ clientSecret }) => {
      tried.push(clientSecret.reveal())
      return tried.length === 1 ? refusing('refused-credentials')() : access('token')
    }
    const { logIn } = setUp({ login }, { reread: async () => known(2) })

    const result = await logIn.logIn(service, undefined, left(5_000))

    expect(tried).toEqual(['secret-1', 'secret-2'])
    expect(result).toMatchObject({ ok: true, clientSecret: { version: 2 } })
  })

  test('begins with the stored secret after Looker refused one', async () => {
    const tried: string[] = []
    const login: LookerClient['login'] = async ({ clientSecret }) => {
      tried.push(clientSecret.reveal())
      return access('token')
    }
    const { logIn } = setUp({ login }, { reread: async () => known(2) })

    await logIn.logIn(service, undefined, left(5_000), true)
    await logIn.logIn(service, undefined, left(5_000), false)

    expect(tried).toEqual(['secret-2', 'secret-1'])
  })

  test('is not tried again with the secret that Looker refused', async () => {
    let calls = 0
    const login = () => {
      calls += 1
      return refusing('refused-credentials')()
    }
    const { logIn } = setUp({ login })

    const result = await logIn.logIn(service, undefined, left(5_000))

    expect(result).toMatchObject({ ok: false, reason: 'refused-credentials', secretVersion: 1 })
    expect(calls).toBe(1)
  })

  test.each([
    new StoreError('unavailable', 'simulated'),
    new KeysError('simulated'),
    new BrokerError('secret-missing', 'simulated'),
  ])('is refused for the secret it has when another cannot be read: %s', async (error) => {
    const { logIn } = setUp(
      { login: refusing('refused-credentials') },
      { reread: () => Promise.reject(error) },
    )

    const result = await logIn.logIn(service, undefined, left(5_000))

    expect(result).toMatchObject({ ok: false, reason: 'refused-credentials', secretVersion: 1 })
  })

  test.each([
    [undefined, 0],
    [4, 4],
  ])('without a usable secret (version %s) nothing is sent', async (version, secretVersion) => {
    const { logIn } = setUp(
      {},
      {
        get: () => Promise.reject(new BrokerError('secret-missing', 'simulated')),
        version: async () => version,
      },
    )

    const result = await logIn.logIn(service, undefined, left(5_000))

    expect(result).toEqual({ ok: false, reason: 'secret-missing', secretVersion })
  })

  test('what goes wrong with the table or the keys is thrown, not blamed on Looker', async () => {
    const { logIn } = setUp({}, { get: () => Promise.reject(new KeysError('simulated')) })

    await expect(logIn.logIn(service, undefined, left(5_000))).rejects.toBeInstanceOf(KeysError)
  })
})

describe('a user', () => {
  test('is logged in with the base alone, and the result carries no secret', async () => {
    const { logIn } = setUp()

    const result = await logIn.logIn(user, tokenWith(), left(5_000))

    expect(result.ok && result.secret.reveal()).toBe('5-by-the-token')
    expect(result).not.toHaveProperty('clientSecret')
  })

  test.each<LookerFailure>(['refused-user', 'refused-token', 'server-error'])(
    'is told %s with its status and pause',
    async (failure) => {
      const { logIn } = setUp({ loginUser: refusing(failure, 499) })

      const result = await logIn.logIn(user, tokenWith(), left(5_000))

      expect(result).toMatchObject({ ok: false, reason: failure, status: 499, retryAfterMs: 5_000 })
    },
  )

  test('a base for the service account itself is a mistake of ours', async () => {
    const { logIn } = setUp()

    await expect(logIn.logIn(service, tokenWith(), left(5_000))).rejects.toMatchObject({
      code: 'internal',
    })
  })
})

describe('the dev workspace', () => {
  const dev = { ...user, workspace: 'dev' as const }

  test('is switched to before the token is handed out, and production never is', async () => {
    const switched: string[] = []
    const { logIn } = setUp({
      switchWorkspace: async (token, workspace) => {
        switched.push(`${token.reveal()} ${workspace}`)
      },
    })

    await logIn.logIn(user, tokenWith(), left(5_000))
    await logIn.logIn(dev, tokenWith(), left(5_000))

    expect(switched).toEqual(['5-by-the-token dev'])
  })

  test('a switch that is not confirmed is a failed login, and its token is logged out', async () => {
    const { logIn, calls } = setUp({ switchWorkspace: refusing('workspace-not-confirmed', 200) })

    const result = await logIn.logIn(dev, tokenWith(), left(5_000))

    expect(result).toMatchObject({ ok: false, reason: 'workspace-not-confirmed' })
    expect(calls).toEqual(['logout 5-by-the-token'])
  })

  test('a new token that is refused at the switch does not pass for a refused base', async () => {
    const { logIn } = setUp({ switchWorkspace: refusing('refused-token', 401) })

    const result = await logIn.logIn(dev, tokenWith(), left(5_000))

    expect(result).toMatchObject({ ok: false, reason: 'workspace-not-confirmed', status: 401 })
  })
})

test.each([-30_000, 30_000])(
  'a wall clock that jumps by %i ms meanwhile never lengthens the token',
  async (jumpMs) => {
    const { logIn, clock } = setUp({
      login: async () => {
        clock.wallMs += 400 + jumpMs
        clock.monotonicMs += 400
        return access('token')
      },
    })
    clock.wallMs = 100_000

    const result = await logIn.logIn(service, undefined, left(5_000))

    const issuedAtMs = 100_000 + Math.min(0, jumpMs)
    expect(result).toMatchObject({ issuedAtMs, expiresAtMs: issuedAtMs + 3_600_000 })
  },
)

test('a logout that fails is nobody’s failure', async () => {
  const { logIn } = setUp({ logout: refusing('server-error') })

  await expect(logIn.logOut(new Secret('token'))).resolves.toBeUndefined()
})
