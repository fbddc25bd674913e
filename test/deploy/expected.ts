// What differs between the packaged tenants, and must in the template too.
import type { StageName } from './packaged.ts'

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
export const adminRoutes = ['GET /sessions', 'DELETE /sessions', 'DELETE /sessions/{id}']

export type Expected = {
  /** Route key, authorization, authorizer. */
  readonly routes: readonly (readonly (string | undefined)[])[]
  readonly authorizers: readonly object[]
  /** Functions that the gateway may invoke, besides those of every tenant; or the ARN of one. */
  readonly invoked: readonly string[]
  readonly origins: readonly string[] | undefined
  readonly reservedConcurrency: number | undefined
  readonly retentionDays: number
  readonly isTraced: boolean
  readonly perSecond: { readonly embed: number; readonly token: number }
}

const api = ['POST /api-token', 'AWS_IAM']
const health = ['GET /health', undefined]
const embedFunctions = [
  'AcquireEmbedSessionLambdaFunction',
  'GenerateEmbedTokensLambdaFunction',
  'EmbedSessionLambdaFunction',
  'SessionsLambdaFunction',
]

const jwtAuthorizer = (Name: string, Issuer: string, Audience: readonly string[]) => ({
  ApiId: { Ref: 'HttpApi' },
  Name,
  AuthorizerType: 'JWT',
  IdentitySource: ['$request.header.Authorization'],
  JwtConfiguration: { Issuer, Audience },
})

const signIn = 'arn:aws:lambda:eu-central-1:123456789012:function:sign-in:live'

export const expected: Readonly<Record<StageName, Expected>> = {
  jwt: {
    routes: [
      api,
      ...embedRoutes.map((route) => [route, 'JWT', 'HttpApiAuthorizerPage']),
      ...adminRoutes.map((route) => [route, 'JWT', 'HttpApiAuthorizerAdmin']),
      health,
    ],
    authorizers: [
      jwtAuthorizer('page', 'https://issuer.customer.example/', ['embed', 'other']),
      jwtAuthorizer('admin', 'https://admins.customer.example/', ['sessions-page']),
    ],
    invoked: embedFunctions,
    origins: [
      'https://app.customer.example',
      'https://other.customer.example',
      'https://sessions.customer.example',
    ],
    reservedConcurrency: 7,
    retentionDays: 90,
    isTraced: true,
    perSecond: { embed: 50, token: 20 },
  },
  lambda: {
    routes: [
      api,
      ...embedRoutes.map((route) => [route, 'CUSTOM', 'HttpApiAuthorizerPage']),
      ...adminRoutes.map((route) => [route, 'AWS_IAM']),
      health,
    ],
    authorizers: [
      {
        ApiId: { Ref: 'HttpApi' },
        Name: 'page',
        AuthorizerType: 'REQUEST',
        AuthorizerPayloadFormatVersion: '2.0',
        EnableSimpleResponses: true,
        AuthorizerResultTtlInSeconds: 60,
        IdentitySource: ['$request.header.Cookie', '$request.header.Sec-Fetch-Site'],
        AuthorizerUri: {
          'Fn::Join': [
            '',
            [
              'arn:',
              { Ref: 'AWS::Partition' },
              ':apigateway:',
              { Ref: 'AWS::Region' },
              ':lambda:path/2015-03-31/functions/',
              signIn,
              '/invocations',
            ],
          ],
        },
      },
    ],
    invoked: [...embedFunctions, signIn],
    origins: undefined,
    reservedConcurrency: undefined,
    retentionDays: 30,
    isTraced: true,
    perSecond: { embed: 500, token: 100 },
  },
  'without-embed': {
    routes: [api, health],
    authorizers: [],
    invoked: [],
    origins: ['https://app.customer.example'],
    reservedConcurrency: undefined,
    retentionDays: 30,
    isTraced: false,
    perSecond: { embed: 500, token: 100 },
  },
}
