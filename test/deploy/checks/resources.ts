// Functions, logs and table, and what holds for the template as a whole.
import { describe, expect, it } from 'vitest'
import { findSecrets } from '../../canary/search.ts'
import { expected } from '../expected.ts'
import { canaries, fileCanaries } from '../packaged.ts'
import type { Packaged, StageName } from '../packaged.ts'
import { functionNames, key } from '../rights.ts'
import { before, cycleIn, dependenciesOf, namesOfType, referencesIn } from '../template.ts'

/** They call Looker for somebody; the others are few, or the way out. */
const issuing = functionNames.filter((name) => /^(Issue|Acquire|Generate|EmbedSession)/.test(name))
const scheduled = ['RenewApiTokens', 'EndDueSessions']

/** Seconds, where they are not those of a request. */
const timeouts: Readonly<Record<string, number>> = {
  RenewApiTokens: 55,
  EndDueSessions: 55,
  ExamineLookerDirect: 60,
  RevokeEverythingDirect: 120,
}

/** What of it watches the stage: how many of each type. */
const watchingIn: Readonly<Record<StageName, Readonly<Record<string, number>>>> = {
  jwt: {
    'AWS::CloudWatch::Dashboard': 1,
    'AWS::SNS::Topic': 1,
    'AWS::SNS::TopicPolicy': 1,
    'AWS::CloudWatch::Alarm': 12,
  },
  lambda: { 'AWS::CloudWatch::Dashboard': 1 },
  'without-embed': {},
}

const countsOf = (types: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(types.map((type) => [type, types.filter((one) => one === type).length]))

export const checkResources = (stage: StageName, of: () => Packaged): void => {
  const wanted = expected[stage]
  const propertiesOf = (name: string) => of().template.Resources[name]?.Properties ?? {}

  describe('a function', () => {
    it('is one of these', () => {
      const names = namesOfType(of().template, 'AWS::Lambda::Function')

      expect(names.toSorted()).toEqual(
        functionNames.map((name) => `${name}LambdaFunction`).toSorted(),
      )
    })

    it.each(functionNames)('%s runs as it must', (name) => {
      const properties = propertiesOf(`${name}LambdaFunction`)

      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        MemorySize: 512,
        Timeout: timeouts[name] ?? 20,
        Role: { 'Fn::GetAtt': [`${name}Role`, 'Arn'] },
      })
      expect(properties['TracingConfig']).toEqual(wanted.isTraced ? { Mode: 'Active' } : undefined)
      expect(properties['ReservedConcurrentExecutions']).toBe(
        issuing.includes(name) ? wanted.reservedConcurrency : undefined,
      )
      expect(properties['Environment']).toEqual({
        Variables: { STAGE: stage, TABLE_NAME: { Ref: 'Table' }, KEY_ID: key },
      })
      expect([...before(of().template, `${name}LambdaFunction`)]).toEqual(
        expect.arrayContaining([`${name}Policy`, `${name}LogGroup`]),
      )
    })

    it('that the schedule runs is not run again after a failure', () => {
      const settings = namesOfType(of().template, 'AWS::Lambda::EventInvokeConfig').map(
        propertiesOf,
      )

      expect(settings).toHaveLength(scheduled.length)
      for (const one of settings) {
        expect(one).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 })
      }
    })
  })

  describe('a log', () => {
    it('is kept for each function and the API as long as the file says', () => {
      const groups = namesOfType(of().template, 'AWS::Logs::LogGroup').map(propertiesOf)

      const names = groups.map(({ LogGroupName }) => String(LogGroupName))
      const functions = functionNames.map(
        (name) =>
          `/aws/lambda/looker-token-broker-${stage}-${name[0]?.toLowerCase()}${name.slice(1)}`,
      )
      expect(names.toSorted()).toEqual(
        [...functions, `/aws/vendedlogs/http-api/looker-token-broker-${stage}`].toSorted(),
      )
      expect(new Set(groups.map(({ RetentionInDays }) => RetentionInDays))).toEqual(
        new Set([wanted.retentionDays]),
      )
    })
  })

  describe('the table', () => {
    it('has the keys, the index, the removal and the protection that are counted on', () => {
      const { DependsOn, ...table } = of().template.Resources['Table'] ?? {}

      expect(table).toEqual({
        Type: 'AWS::DynamoDB::Table',
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
        Properties: {
          TableName: `looker-token-broker-${stage}`,
          DeletionProtectionEnabled: true,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
            { AttributeName: 'kind', AttributeType: 'S' },
            { AttributeName: 'due_at', AttributeType: 'N' },
          ],
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          GlobalSecondaryIndexes: [
            {
              IndexName: 'due',
              KeySchema: [
                { AttributeName: 'kind', KeyType: 'HASH' },
                { AttributeName: 'due_at', KeyType: 'RANGE' },
              ],
              Projection: {
                ProjectionType: 'INCLUDE',
                NonKeyAttributes: ['token_generation', 'used_generation'],
              },
            },
          ],
          TimeToLiveSpecification: { AttributeName: 'ttl_epoch_seconds', Enabled: true },
        },
      })
      expect(DependsOn).toBeDefined()
    })

    it('is made after all of the API that a mistake in the file makes fail', () => {
      const { template } = of()
      const authorizers = namesOfType(template, 'AWS::ApiGatewayV2::Authorizer')
      const permissions = namesOfType(template, 'AWS::Lambda::Permission').filter(
        (name) => typeof propertiesOf(name)['FunctionName'] === 'string',
      )

      expect([...before(template, 'Table')]).toEqual(
        expect.arrayContaining(['HttpApi', 'Key', ...authorizers, ...permissions]),
      )
    })
  })

  describe('the template', () => {
    it('refers only to what it has, and to nothing in a circle', () => {
      const { template } = of()
      const known = new Set(Object.keys(template.Resources))
      const names = [
        ...[...known].flatMap((name) => dependenciesOf(template, name)),
        ...referencesIn(template.Outputs),
      ]

      const unknown = names.filter((name) => !known.has(name) && !name.startsWith('AWS::'))

      expect(unknown).toEqual([])
      expect(cycleIn(template)).toEqual([])
    })

    it.each<[string, (other: string) => object]>([
      ['Ref', (other) => ({ Properties: { Tags: [{ Value: { Ref: other } }] } })],
      ['Fn::GetAtt', (other) => ({ Properties: { A: { 'Fn::GetAtt': [other, 'Arn'] } } })],
      ['Fn::GetAtt as text', (other) => ({ Properties: { A: { 'Fn::GetAtt': `${other}.Arn` } } })],
      ['Fn::Sub', (other) => ({ Properties: { A: { 'Fn::Sub': `\${${other}.Arn}/x` } } })],
      [
        'Fn::Sub with a map',
        (other) => ({ Properties: { A: { 'Fn::Sub': [`\${${other}}`, {}] } } }),
      ],
      ['DependsOn', (other) => ({ DependsOn: other })],
      ['DependsOn as list', (other) => ({ DependsOn: [other] })],
    ])('would be found in a circle by %s', (_, change) => {
      const circle = structuredClone(of().template)

      Object.assign(circle.Resources['HealthRole'] ?? {}, change('HealthLambdaFunction'))

      expect(cycleIn(circle)).toContain('HealthRole')
    })

    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    it('is no larger than CloudFormation takes', () => {
      const { template, text } = of()

      expect(Object.keys(template.Resources).length).toBeLessThanOrEqual(500)
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1_000_000)
    })

    it('has alarms and their topic where the tenant names somebody, and a dashboard unless it wants none', () => {
      const types = Object.values(of().template.Resources).map(({ Type }) => Type)

      const watching = types.filter((type) => /CloudWatch|SNS/.test(type))

      expect(countsOf(watching)).toEqual(watchingIn[stage])
    })

    it('holds no secret of the machine that packages, and nothing of a file beside', () => {
      const { text } = of()

      const secrets = [...Object.values(canaries), ...fileCanaries]

      expect(findSecrets([{ source: 'template', text }], secrets)).toEqual([])
      // Alarms speak of secrets.
      expect(text).not.toMatch(/secret[^-"\]#W ]|password|NoEcho/)
    })

    it('tells where the functions are', () => {
      expect(Object.keys(of().template.Outputs)).toEqual(
        expect.arrayContaining([
          'HttpApiUrl',
          'IssueApiTokenDirectArn',
          'AcquireEmbedSessionDirectArn',
          'GenerateEmbedTokensDirectArn',
          'EmbedSessionDirectArn',
          'SessionsDirectArn',
          'RevokeEverythingDirectArn',
          'ExamineLookerDirectArn',
          'SecretWriterRoleArn',
        ]),
      )
    })
  })
}
