// The HTTP API: routes and their authorizers, how often each may be called, who may invoke what, and the log.
import { describe, expect, it } from 'vitest'
import { adminRoutes, expected } from '../expected.ts'
import type { Packaged, StageName } from '../packaged.ts'
import { namesOfType, referencesIn } from '../template.ts'
import type { Template } from '../template.ts'

const propertiesOf = (template: Template, type: string) =>
  namesOfType(template, type).map((name) => template.Resources[name]?.Properties ?? {})

const routesOf = (template: Template) => propertiesOf(template, 'AWS::ApiGatewayV2::Route')

/** What may stand in the log of a request: no address, no query string, no header, nothing of a caller. */
const logged = new Set([
  '$context.requestId',
  '$context.requestTimeEpoch',
  '$context.routeKey',
  '$context.status',
  '$context.responseLatency',
  '$context.integrationLatency',
  '$context.error.responseType',
  '$context.integrationErrorMessage',
])

const scheduled = ['EndDueSessionsLambdaFunction', 'RenewApiTokensLambdaFunction']

const ofTheApi = {
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      ':execute-api:',
      { Ref: 'AWS::Region' },
      ':',
      { Ref: 'AWS::AccountId' },
      ':',
      { Ref: 'HttpApi' },
      '/*',
    ],
  ],
}

export const checkApi = (stage: StageName, of: () => Packaged): void => {
  const wanted = expected[stage]
  const stageOf = () => of().template.Resources['HttpApiStage']

  describe('the API', () => {
    it('has these routes, health alone behind nothing', () => {
      const routes = routesOf(of().template).map((route) => [
        route['RouteKey'],
        route['AuthorizationType'],
        ...referencesIn(route['AuthorizerId']),
      ])

      expect(routes).toEqual(wanted.routes)
    })

    it('has these authorizers', () => {
      expect(propertiesOf(of().template, 'AWS::ApiGatewayV2::Authorizer')).toEqual(
        wanted.authorizers,
      )
    })

    it('lets nobody see sessions by a token without the scope', () => {
      const scopes = routesOf(of().template)
        .filter(({ RouteKey }) => adminRoutes.includes(String(RouteKey)))
        .filter(({ AuthorizationType }) => AuthorizationType === 'JWT')
        .map(({ AuthorizationScopes }) => AuthorizationScopes)

      expect(scopes).toEqual(stage === 'jwt' ? adminRoutes.map(() => ['sessions']) : [])
    })

    it('limits how often each of its routes is called, and names no other', () => {
      const keys = wanted.routes.map(([key = '']) => key)
      const limitOf = (key: string): number => {
        if (key === 'GET /health') return 5
        if (key === 'POST /api-token') return wanted.perSecond.token
        return adminRoutes.includes(key) ? 10 : wanted.perSecond.embed
      }

      expect(stageOf()?.Properties['RouteSettings']).toEqual(
        Object.fromEntries(
          keys.map((key) => {
            const limit = limitOf(key)
            return [key, { ThrottlingRateLimit: limit, ThrottlingBurstLimit: 2 * limit }]
          }),
        ),
      )
      expect(stageOf()?.Properties['DefaultRouteSettings']).toEqual({
        ThrottlingRateLimit: 5,
        ThrottlingBurstLimit: 10,
      })
    })

    it('is set up when all its routes are there', () => {
      const routes = namesOfType(of().template, 'AWS::ApiGatewayV2::Route')

      expect(stageOf()?.DependsOn).toEqual(['HttpApiLogGroup', ...routes])
    })

    it('logs each request without address, query string, header or caller', () => {
      const { DestinationArn, Format } = Object(stageOf()?.Properties['AccessLogSettings'])

      const line: unknown = JSON.parse(Format)
      const variables = Format.match(/\$[\w.]+/g)
      expect(new Set(Object.values(Object(line)))).toEqual(logged)
      expect(new Set(variables)).toEqual(logged)
      expect(DestinationArn).toEqual({ 'Fn::GetAtt': ['HttpApiLogGroup', 'Arn'] })
    })

    it('tells browsers its exact origins, and what pages send and read', () => {
      const cors = of().template.Resources['HttpApi']?.Properties['CorsConfiguration']

      expect(cors).toEqual(
        wanted.origins && {
          AllowOrigins: wanted.origins,
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
        },
      )
    })
  })

  describe('a permission', () => {
    it('lets the gateway and the schedule invoke their functions, and nobody the direct ones', () => {
      const invoked = propertiesOf(of().template, 'AWS::Lambda::Permission').map(
        ({ FunctionName }) => referencesIn(FunctionName)[0] ?? FunctionName,
      )

      expect(new Set(invoked)).toEqual(
        new Set([
          'HealthLambdaFunction',
          'IssueApiTokenLambdaFunction',
          ...scheduled,
          ...wanted.invoked,
        ]),
      )
    })

    it('is for this API and these rules alone, not for any of the account or of others', () => {
      const { template } = of()
      const rules = namesOfType(template, 'AWS::Events::Rule')

      const permissions = propertiesOf(template, 'AWS::Lambda::Permission')

      for (const { Action, Principal, SourceArn } of permissions) {
        expect(Action).toBe('lambda:InvokeFunction')
        expect([
          ['apigateway.amazonaws.com', ofTheApi],
          ...rules.map((rule) => ['events.amazonaws.com', { 'Fn::GetAtt': [rule, 'Arn'] }]),
        ]).toContainEqual([Principal, SourceArn])
      }
    })
  })

  describe('the schedule', () => {
    it('runs the renewal and the end of due sessions every minute', () => {
      const rules = propertiesOf(of().template, 'AWS::Events::Rule')

      const targets = rules.flatMap(({ Targets }) => referencesIn(Targets))
      expect(targets.toSorted()).toEqual(scheduled)
      for (const rule of rules) {
        expect(rule).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' })
      }
    })
  })
}
