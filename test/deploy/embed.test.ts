// What packaging makes of the ways in which a tenant embeds, or does not.
import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { copyService, root, runServerless } from './service-copy.ts'
import type { Run } from './service-copy.ts'
import { namesOfType, readTemplate, referencesIn } from './template.ts'
import type { Template } from './template.ts'
import { unzip } from './zip.ts'

type Packaged = {
  readonly run: Run
  readonly template: Template
  readonly bundles: ReadonlyMap<string, string>
}

const functions = [
  'acquireEmbedSession',
  'acquireEmbedSessionDirect',
  'generateEmbedTokens',
  'generateEmbedTokensDirect',
  'embedSession',
  'embedSessionDirect',
]

const packageStage = async (stage: string): Promise<Packaged> => {
  const folder = copyService()
  cpSync(join(root, 'test/deploy/tenants'), join(folder, 'tenants'), { recursive: true })
  const run = await runServerless(folder, 'package', '--stage', stage)
  if (run.exitCode !== 0) throw new Error(run.output)
  const codeOf = (name: string): string =>
    [...unzip(readFileSync(join(folder, `.serverless/${name}.zip`))).values()].join('')
  return {
    run,
    template: readTemplate(folder),
    bundles: new Map(functions.map((name) => [name, codeOf(name)])),
  }
}

const propertiesOf = (template: Template, type: string) =>
  namesOfType(template, type).map((name) => template.Resources[name]?.Properties ?? {})

const routesOf = (template: Template) =>
  propertiesOf(template, 'AWS::ApiGatewayV2::Route').map((route) => [
    route['RouteKey'],
    route['AuthorizationType'],
    ...referencesIn(route['AuthorizerId']),
  ])

const embedRoutes = [
  'GET /acquire-embed-session',
  'POST /acquire-embed-session',
  'PUT /generate-embed-tokens',
  'POST /generate-embed-tokens',
  'GET /embed-session',
  'DELETE /embed-session',
  'POST /embed-session/extend',
  'POST /embed-session/activity',
]

const adminRoutes = ['GET /sessions', 'DELETE /sessions', 'DELETE /sessions/{id}']

const others = [
  ['POST /api-token', 'AWS_IAM'],
  ['GET /health', undefined],
]

const permissionsOf = (template: Template) =>
  propertiesOf(template, 'AWS::Lambda::Permission').map(
    ({ FunctionName }) => referencesIn(FunctionName)[0] ?? FunctionName,
  )

describe('a tenant whose users bring tokens', () => {
  let packaged: Packaged

  beforeAll(async () => {
    packaged = await packageStage('jwt')
  }, 120_000)

  it('is packaged without a network', () => {
    expect(packaged.run.network).toBe('')
  })

  it('has every route behind one authorizer', () => {
    const [api, health] = others

    expect(routesOf(packaged.template)).toEqual([
      api,
      ...embedRoutes.map((route) => [route, 'JWT', 'HttpApiAuthorizerPage']),
      ...adminRoutes.map((route) => [route, 'JWT', 'HttpApiAuthorizerAdmin']),
      health,
    ])
  })

  it('has the authorizer of its issuer', () => {
    expect(propertiesOf(packaged.template, 'AWS::ApiGatewayV2::Authorizer')).toEqual([
      {
        ApiId: { Ref: 'HttpApi' },
        Name: 'page',
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Issuer: 'https://issuer.customer.example/',
          Audience: ['embed', 'other'],
        },
      },
      {
        ApiId: { Ref: 'HttpApi' },
        Name: 'admin',
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Issuer: 'https://admins.customer.example/',
          Audience: ['sessions-page'],
        },
      },
    ])
  })

  it('lets nobody see sessions without the scope', () => {
    const scopes = propertiesOf(packaged.template, 'AWS::ApiGatewayV2::Route')
      .filter(({ RouteKey }) => adminRoutes.includes(String(RouteKey)))
      .map(({ AuthorizationScopes }) => AuthorizationScopes)

    expect(scopes).toEqual(adminRoutes.map(() => ['sessions']))
  })

  it('tells browsers its exact origins, and what pages send and read', () => {
    expect(packaged.template.Resources['HttpApi']?.Properties['CorsConfiguration']).toEqual({
      AllowOrigins: [
        'https://app.customer.example',
        'https://other.customer.example',
        'https://sessions.customer.example',
      ],
      AllowHeaders: [
        'authorization',
        'content-type',
        'x-amz-date',
        'x-amz-security-token',
        'x-embed-device',
      ],
      AllowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
      ExposeHeaders: ['retry-after'],
      MaxAge: 3600,
    })
  })

  it('lets the gateway invoke the functions of the routes, and nobody the direct ones', () => {
    expect(new Set(permissionsOf(packaged.template))).toEqual(
      new Set([
        'AcquireEmbedSessionLambdaFunction',
        'EmbedSessionLambdaFunction',
        'GenerateEmbedTokensLambdaFunction',
        'HealthLambdaFunction',
        'IssueApiTokenLambdaFunction',
        'RenewApiTokensLambdaFunction',
        'EndDueSessionsLambdaFunction',
        'SessionsLambdaFunction',
      ]),
    )
  })

  it.each(functions)('holds in the bundle of %s its file, and nothing of this machine', (name) => {
    const code = packaged.bundles.get(name) ?? ''

    expect(code).toContain('"audience":["embed","other"]')
    expect(code).not.toMatch(/local-client|127\.0\.0\.1:4010|sourceMappingURL|parseDocument/)
  })
})

describe('a tenant with an authorizer of its own', () => {
  let packaged: Packaged
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:sign-in:live'

  beforeAll(async () => {
    packaged = await packageStage('lambda')
  }, 120_000)

  it('has every route behind it', () => {
    const [api, health] = others

    expect(routesOf(packaged.template)).toEqual([
      api,
      ...embedRoutes.map((route) => [route, 'CUSTOM', 'HttpApiAuthorizerPage']),
      ...adminRoutes.map((route) => [route, 'AWS_IAM']),
      health,
    ])
  })

  it('has its function asked in the simple form, as often as the file says', () => {
    expect(propertiesOf(packaged.template, 'AWS::ApiGatewayV2::Authorizer')).toMatchObject([
      {
        AuthorizerType: 'REQUEST',
        AuthorizerPayloadFormatVersion: '2.0',
        EnableSimpleResponses: true,
        AuthorizerResultTtlInSeconds: 60,
        IdentitySource: ['$request.header.Cookie', '$request.header.Sec-Fetch-Site'],
        AuthorizerUri: { 'Fn::Join': ['', expect.arrayContaining([arn])] },
      },
    ])
    expect(permissionsOf(packaged.template)).toContain(arn)
  })

  it('that shares its origin with the page has no CORS', () => {
    expect(packaged.template.Resources['HttpApi']?.Properties).not.toHaveProperty(
      'CorsConfiguration',
    )
  })
})

describe('a tenant that does not embed', () => {
  let packaged: Packaged

  beforeAll(async () => {
    packaged = await packageStage('without-embed')
  }, 120_000)

  it('has the functions, and no route or authorizer', () => {
    const known = namesOfType(packaged.template, 'AWS::Lambda::Function')

    expect(known).toEqual(
      expect.arrayContaining(
        functions.map((name) => `${name[0]?.toUpperCase()}${name.slice(1)}LambdaFunction`),
      ),
    )
    expect(routesOf(packaged.template)).toEqual(others)
    expect(namesOfType(packaged.template, 'AWS::ApiGatewayV2::Authorizer')).toEqual([])
    expect(new Set(permissionsOf(packaged.template))).toEqual(
      new Set([
        'HealthLambdaFunction',
        'IssueApiTokenLambdaFunction',
        'RenewApiTokensLambdaFunction',
        'EndDueSessionsLambdaFunction',
      ]),
    )
  })
})
