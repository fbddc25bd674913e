// What each error of the client becomes, from each call; and that nothing of it is ever printed.
import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { once } from 'node:events'
import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreError } from '../../lib/errors.ts'
import type { StoreFailure } from '../../lib/errors.ts'
import { storeErrorOf } from '../../lib/store/dynamo-errors.ts'
import { createDynamoTokenStore } from '../../lib/store/dynamo-token-store.ts'
import { claim, key } from '../contracts/leases.ts'
import { callsOf } from './call-sites.ts'
import { clientWithLimits } from './clients.ts'

const canary = 'canary-text'
const message = `${canary}: api-token#https%3A%2F%2Facme#service`

const serviceError = (name: string, status: number | undefined): Error =>
  new DynamoDBServiceException({
    name,
    message,
    $fault: status !== undefined && status >= 500 ? 'server' : 'client',
    $metadata: status === undefined ? {} : { httpStatusCode: status },
  })

const systemError = (name: string, code?: string): Error => {
  const error = Object.assign(new Error(message), { name, address: canary })
  return code === undefined ? error : Object.assign(error, { code })
}

const expected: readonly [string, StoreFailure, Error][] = [
  ...[
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
  ].map((name): [string, StoreFailure, Error] => [name, 'throttled', serviceError(name, 400)]),
  ['any 429', 'throttled', serviceError('UnknownError', 429)],
  ...[
    'AccessDeniedException',
    'ExpiredTokenException',
    'IncompleteSignatureException',
    'InvalidSignatureException',
    'ItemCollectionSizeLimitExceededException',
    'LimitExceededException',
    'MissingAuthenticationTokenException',
    'ResourceNotFoundException',
    'UnrecognizedClientException',
    'ValidationException',
  ].map((name): [string, StoreFailure, Error] => [name, 'refused', serviceError(name, 400)]),
  ['a 403', 'refused', serviceError('UnknownError', 403)],
  ['a 413', 'refused', serviceError('UnknownError', 413)],
  ['no credentials', 'refused', systemError('CredentialsProviderError')],
  ['InternalServerError', 'unavailable', serviceError('InternalServerError', 500)],
  ['ServiceUnavailable', 'unavailable', serviceError('ServiceUnavailable', 503)],
  ['a 502', 'unavailable', serviceError('UnknownError', 502)],
  ['a 408', 'unavailable', serviceError('RequestTimeoutException', 408)],
  ['no status', 'unavailable', serviceError('UnknownError', undefined)],
  ['a time-out', 'unavailable', systemError('TimeoutError')],
  ['an end of the call', 'unavailable', systemError('AbortError')],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'].map(
    (code): [string, StoreFailure, Error] => [code, 'unavailable', systemError('Error', code)],
  ),
  ['a reply that is no JSON', 'unavailable', systemError('SyntaxError')],
]

const shown = (error: unknown): string =>
  [inspect(error, { depth: 20, showHidden: true }), JSON.stringify(error), String(error)].join('\n')

const failureOf = (call: () => Promise<unknown>): Promise<unknown> =>
  call().then(
    () => 'no error',
    (error: unknown) => error,
  )

describe('every call of the stores', () => {
  const client = new DynamoDBClient({ region: 'us-east-1' })
  const mock = mockClient(client)
  const calls = callsOf({ client, tableName: 'tokens' })

  beforeEach(() => {
    mock.reset()
  })

  it.each(expected)('after %s fails as %s, and quotes nothing', async (_, failure, error) => {
    mock.onAnyCommand().rejects(error)

    for (const call of Object.values(calls)) {
      const failed = await failureOf(call)

      expect(failed).toBeInstanceOf(StoreError)
      expect(failed).toMatchObject({ failure })
      expect(failed).not.toHaveProperty('cause')
      expect(shown(failed)).not.toContain('canary')
      expect(shown(failed)).not.toContain('api-token')
    }
  })

  it('maps the read too that follows a lost condition without an item', async () => {
    const lost = new ConditionalCheckFailedException({ message, $metadata: {} })
    mock.on(UpdateItemCommand).rejects(lost)
    mock.on(GetItemCommand).rejects(serviceError('InternalServerError', 500))
    const store = createDynamoTokenStore({ client, tableName: 'tokens' })

    const failed = await failureOf(() => store.takeLease(key, claim()))

    expect(failed).toMatchObject({ name: 'StoreError', failure: 'unavailable' })
  })

  it('reads the item that a lost condition did not bring', async () => {
    const lost = new ConditionalCheckFailedException({ message, $metadata: {} })
    mock.on(UpdateItemCommand).rejects(lost)
    const Item = { pk: { S: 'a' }, sk: { S: 'b' }, generation: { N: '5' } }
    mock.on(GetItemCommand, { ConsistentRead: true }).resolves({ Item })
    const store = createDynamoTokenStore({ client, tableName: 'tokens' })

    const outcome = await store.takeLease(key, claim())

    expect(outcome).toMatchObject({ taken: false, item: { generation: 5 } })
  })
})

describe('an error', () => {
  it('names its code when that is a word, and nothing longer', () => {
    const long = systemError('Error', `no word: ${canary}`)

    expect(storeErrorOf(systemError('Error', 'ECONNREFUSED')).message).toContain('ECONNREFUSED')
    expect(storeErrorOf(long).message).toBe('The table does not answer (Error).')
    expect(storeErrorOf(canary).message).toBe('The table does not answer (unknown).')
  })

  it('of our own stays as it is', () => {
    const own = new StoreError('throttled', 'x')

    expect(storeErrorOf(own)).toBe(own)
  })
})

describe('a reply that cannot be read', () => {
  let server: Server | undefined

  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
    server = undefined
  })

  it.each([
    ['a 200 cut short', 200, `{"Item":{"pk":{"S":"${message}"`, 'unavailable'],
    ['a page', 200, `<p>${message}`, 'unavailable'],
    ['a 503 page', 503, `<p>${message}`, 'unavailable'],
    [
      'a 400 with a text',
      400,
      `{"__type":"x#ValidationException","message":"${message}"}`,
      'refused',
    ],
    ['a throttle', 400, `{"__type":"x#ThrottlingException","message":"${message}"}`, 'throttled'],
  ])('as %s quotes nothing of it', async (_, status, body, failure) => {
    server = createServer((_request, response) => response.writeHead(status).end(body))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    const client = clientWithLimits(`http://127.0.0.1:${port}`)
    const store = createDynamoTokenStore({ client, tableName: 'tokens' })

    const failed = await failureOf(() => store.read(key))

    expect(failed).toMatchObject({ name: 'StoreError', failure })
    expect(shown(failed)).not.toContain('canary')
  })
})
