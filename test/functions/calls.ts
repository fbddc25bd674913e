// Events, contexts and a broker that counts, for the tests of the rim.
import { vi } from 'vitest'
import type { Broker } from '../../lib/broker.ts'
import { parseTenant } from '../../lib/config.ts'
import type { BrokerEvent } from '../../lib/events.ts'
import { Secret } from '../../lib/secret.ts'
import { createIssueApiToken } from '../../lib/tokens/api-token.ts'
import type { GetToken } from '../../lib/tokens/get-token.ts'
import type { Clock } from '../../lib/time.ts'

export const account = '111122223333'

export const context = { awsRequestId: 'request-1', getRemainingTimeInMillis: () => 20_000 }

const roleArn = (role: string): string => `arn:aws:sts::${account}:assumed-role/${role}/session`

/** What the gateway says of a caller: of an IAM role, or exactly what is given. */
export const signedBy = (caller: string | object) => ({
  iam: typeof caller === 'string' ? { accountId: account, userArn: roleArn(caller) } : caller,
})

export const httpEvent = (event: {
  readonly authorizer?: unknown
  readonly body?: string
  readonly isBase64Encoded?: boolean
  readonly rawQueryString?: string
  readonly rawPath?: string
  readonly headers?: Readonly<Record<string, string>>
}) => {
  const { authorizer = signedBy('reports'), ...rest } = event
  return {
    version: '2.0',
    rawQueryString: '',
    isBase64Encoded: false,
    requestContext: { requestId: 'gateway-1', authorizer },
    ...rest,
  }
}

export const tenant = parseTenant(
  {
    looker: { base_url: 'https://looker.example.com', client_id: 'rim-client' },
    api_tokens: {
      callers: [
        {
          account,
          role: 'reports',
          service_account: true,
          users: 'any',
          workspaces: ['production', 'dev'],
        },
        { account, role: 'service-only', service_account: true },
        { account, role: 'two-users', users: ['7', '8'] },
        { account, role: 'dev-user', users: ['7'], workspaces: ['dev'] },
      ],
    },
  },
  { allowLoopback: false },
)

export const stoppedClock = (nowAtMs = 0): Clock => ({
  now: () => nowAtMs,
  monotonic: () => 0,
  sleep: () => Promise.resolve(),
})

const token = { secret: new Secret('token-of-looker'), issuedAtMs: 0, expiresAtMs: 3_600_000 }

const unused = (): never => {
  throw new Error('not for this test')
}

/** A real rim before a `getToken` that counts; whatever it would call is not there. */
export const rimBroker = (changes: Partial<Broker> & { getToken?: GetToken } = {}) => {
  const events: BrokerEvent[] = []
  const getToken = vi.fn<GetToken>(
    changes.getToken ?? (() => Promise.resolve({ ...token, generation: 1 })),
  )
  const clock = changes.clock ?? stoppedClock()
  const client = { instance: tenant.looker.base_url, clientId: tenant.looker.client_id }
  const broker: Broker = {
    stage: 'test',
    tableName: 'test-table',
    version: '1.2.3',
    tenant,
    sealer: { currentKey: unused, seal: unused, open: unused },
    report: (event) => void events.push(event),
    renewDue: unused,
    issueApiToken: createIssueApiToken({ getToken, client, clock }),
    ...changes,
    clock,
    getToken,
  }
  return { broker, events, getToken, source: () => broker }
}
