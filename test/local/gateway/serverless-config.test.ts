import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  parseService,
  readTableDefinition,
  resolveService,
  type Service,
} from '../../../local/serverless-config.ts'

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

describe('a service as the serverless command resolves it', () => {
  let service: Service

  beforeAll(async () => {
    service = await resolveService(folder('../../fixtures'))
  }, 60_000)

  const authorizerOf = (method: string, path: string) =>
    service.routes.find((route) => route.method === method && route.path === path)?.authorizer

  test('every route is there, with its method, path and function', () => {
    const routes = service.routes.map(
      ({ method, path, functionName }) => `${method} ${path} ${functionName}`,
    )

    expect(routes).toEqual([
      'GET /acquire acquire',
      'POST /acquire acquire',
      'ANY /proxied/{proxy+} acquire',
      'POST /api-token token',
      'ANY $default rest',
      'GET /health rest',
    ])
  })

  test('authorizers are those of the routes that name them', () => {
    const jwt = { kind: 'jwt', issuer: 'https://issuer.example.com', audience: ['broker'] }

    expect(authorizerOf('GET', '/acquire')).toEqual({ ...jwt, scopes: ['embed'] })
    expect(authorizerOf('POST', '/acquire')).toEqual({ ...jwt, scopes: [] })
    expect(authorizerOf('POST', '/api-token')).toEqual({ kind: 'iam' })
    expect(authorizerOf('GET', '/health')).toBeUndefined()
    expect(authorizerOf('ANY', '/proxied/{proxy+}')).toEqual({
      kind: 'lambda',
      functionName: 'check',
      identitySources: ['$request.header.Cookie'],
    })
  })

  test('functions have their names at AWS, time-outs and memory, given or by default', () => {
    expect(service.functions).toHaveLength(5)
    expect(service.functions[0]).toEqual({
      functionName: 'acquire',
      deployedName: 'fixture-local-acquire',
      handler: 'functions/acquire.handler',
      timeoutSeconds: 10,
      memoryMb: 1024,
    })
    expect(service.functions[1]).toMatchObject({ timeoutSeconds: 3, memoryMb: 256 })
  })

  test('CORS has the defaults of the command where the file is silent', () => {
    expect(service.cors).toMatchObject({
      origins: ['https://app.example.com'],
      credentials: true,
      methods: ['OPTIONS', 'GET', 'POST', 'PUT', 'PATCH', 'HEAD', 'DELETE'],
      exposed: [],
    })
    expect(service.cors?.headers).toContain('Authorization')
    expect(service.cors).not.toHaveProperty('maxAgeSeconds')
  })

  test('schedules, region and stage are there', () => {
    expect(service).toMatchObject({ region: 'eu-west-1', stage: 'local' })
    expect(service.schedules).toEqual([
      { functionName: 'renew', rate: 'rate(1 minute)' },
      { functionName: 'renew', rate: 'rate(5 minutes)' },
    ])
  })

  test('a folder without a service is an error', async () => {
    await expect(resolveService(folder('.'))).rejects.toMatchObject({ code: 1 })
  }, 60_000)
})

describe('our own service', () => {
  test('it resolves for stage local, without access to AWS', async () => {
    const service = await resolveService(folder('../../..'))

    expect(service.routes.map(({ method, path }) => `${method} ${path}`)).toContain('GET /health')
    expect(service.routes.find(({ path }) => path === '/api-token')?.authorizer).toEqual({
      kind: 'iam',
    })
  }, 60_000)

  test('its table definition keeps what a local database understands', () => {
    const definition = readTableDefinition(new URL('../../../serverless.yml', import.meta.url))

    expect(definition.KeySchema.map(({ AttributeName }) => AttributeName)).toEqual(['pk', 'sk'])
    expect(Object.keys(definition).toSorted()).toEqual([
      'AttributeDefinitions',
      'BillingMode',
      'DeletionProtectionEnabled',
      'GlobalSecondaryIndexes',
      'KeySchema',
      'TimeToLiveSpecification',
    ])
  })
})

const printed = (httpApi: unknown, authorizers: unknown = {}) => ({
  provider: { httpApi: { authorizers } },
  functions: { one: { name: 'one', handler: 'functions/one.handler', events: [{ httpApi }] } },
})

describe('a service that the gateway could not serve faithfully', () => {
  test.each([
    [
      'an authorizer that is not defined',
      printed({ path: '/a', method: 'GET', authorizer: 'no' }),
      'no authorizer of the name no',
    ],
    ['a route without a path', printed('GET'), 'not a method and a path: GET'],
    [
      'an authorizer of payload format 1.0',
      printed('GET /a', {
        one: {
          type: 'request',
          functionName: 'one',
          payloadVersion: '1.0',
          enableSimpleResponses: true,
        },
      }),
      'Expected "2.0" but received "1.0"',
    ],
    [
      'a token that is not in the Authorization header',
      printed('GET /a', {
        one: {
          type: 'jwt',
          issuerUrl: 'https://i.example',
          audience: 'a',
          identitySource: '$request.querystring.token',
        },
      }),
      'received "$request.querystring.token"',
    ],
  ])('%s is refused', (_, unverified, message) => {
    expect(() => parseService(unverified, 'local')).toThrow(message)
  })
})
