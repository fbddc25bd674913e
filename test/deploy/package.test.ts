// What `serverless package --stage acme` makes: the template, statement by statement, and the bundles.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleFunctions } from './function-bundles.ts'
import { copyService, runServerless } from './service-copy.ts'
import type { Run } from './service-copy.ts'
import { cycleIn, namesOfType, readTemplate, referencesIn, statementsOf } from './template.ts'
import type { Template } from './template.ts'
import { unzip } from './zip.ts'

const folder = copyService()
let run: Run
let template: Template

beforeAll(async () => {
  run = await runServerless(folder, 'package', '--stage', 'acme')
  if (run.exitCode !== 0) throw new Error(run.output)
  template = readTemplate(folder)
}, 90_000)

const table = { 'Fn::GetAtt': ['Table', 'Arn'] }
const key = { 'Fn::GetAtt': ['Key', 'Arn'] }

const ownRecords = {
  StringEquals: {
    'kms:EncryptionContext:stage': 'acme',
    'kms:EncryptionContext:table': 'looker-token-broker-acme',
  },
  'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['stage', 'table', 'created'] },
}

const leadingKeys = (pattern: string) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [pattern] },
})

const log = (group: string) => ({
  Sid: 'Log',
  Effect: 'Allow',
  Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  Resource: { 'Fn::GetAtt': [group, 'Arn'] },
})

const tokens = {
  Sid: 'Tokens',
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
  Resource: table,
  Condition: leadingKeys('api-token#*'),
}

const readSecret = {
  Sid: 'ReadSecret',
  Effect: 'Allow',
  Action: ['dynamodb:GetItem'],
  Resource: table,
  Condition: leadingKeys('looker-secret#*'),
}

const sessions = {
  Sid: 'SessionsOfUser',
  Effect: 'Allow',
  Action: ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  Resource: table,
  Condition: leadingKeys('embed-session#*'),
}

const sealAndOpen = {
  Sid: 'SealAndOpen',
  Effect: 'Allow',
  Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
  Resource: key,
  Condition: ownRecords,
}

const listDue = {
  Sid: 'ListDue',
  Effect: 'Allow',
  Action: ['dynamodb:Query'],
  Resource: { 'Fn::Join': ['', [table, '/index/due']] },
  Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['api-token'] } },
}

const listSessions = {
  ...listDue,
  Sid: 'ListSessions',
  Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['embed-session'] } },
}

/** Of functions that are not of one page. */
const allSessions = (name: string): [string, object[]] => [
  name,
  [log(`${name}LogGroup`), tokens, readSecret, sessions, listSessions, sealAndOpen],
]

const embedRights = (name: string): [string, object[]] => [
  name,
  [log(`${name}LogGroup`), tokens, readSecret, sessions, sealAndOpen],
]

const embedRoles = [
  'AcquireEmbedSessionRole',
  'AcquireEmbedSessionDirectRole',
  'GenerateEmbedTokensRole',
  'GenerateEmbedTokensDirectRole',
  'EmbedSessionRole',
  'EmbedSessionDirectRole',
]

describe('packaging', () => {
  it('tries no network connection', () => {
    expect(run.network).toBe('')
  })
})

describe('the rights', () => {
  it.each([
    ['IssueApiToken', [log('IssueApiTokenLogGroup'), tokens, readSecret, sealAndOpen]],
    ['IssueApiTokenDirect', [log('IssueApiTokenDirectLogGroup'), tokens, readSecret, sealAndOpen]],
    ['RenewApiTokens', [log('RenewApiTokensLogGroup'), tokens, readSecret, listDue, sealAndOpen]],
    ['Health', [log('HealthLogGroup')]],
    ...embedRoles.map((role) => embedRights(role.replace(/Role$/, ''))),
    ...['Sessions', 'SessionsDirect', 'EndDueSessions'].map(allSessions),
  ])('of the function %s are these and no more', (name, expected) => {
    const statements = statementsOf(template, `${name}Policy`, 'PolicyDocument')

    expect(statements).toEqual(expected)
    expect(template.Resources[`${name}Policy`]?.Properties['Roles']).toEqual([
      { Ref: `${name}Role` },
    ])
    expect(template.Resources[`${name}LambdaFunction`]?.Properties['Role']).toEqual({
      'Fn::GetAtt': [`${name}Role`, 'Arn'],
    })
  })

  it('of the secret writer let it put a secret in, and open nothing', () => {
    const statements = statementsOf(template, 'SecretWriterPolicy', 'PolicyDocument')

    expect(statements).toEqual([
      {
        Sid: 'WriteSecret',
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:PutItem'],
        Resource: table,
        Condition: leadingKeys('looker-secret#*'),
      },
      {
        Sid: 'Seal',
        Effect: 'Allow',
        Action: ['kms:GenerateDataKey'],
        Resource: key,
        Condition: ownRecords,
      },
    ])
  })

  it('are all in these policies: one for each role, nothing inline or managed', () => {
    const roles = namesOfType(template, 'AWS::IAM::Role')

    expect(roles).toEqual([
      'IssueApiTokenRole',
      'IssueApiTokenDirectRole',
      ...embedRoles,
      'HealthRole',
      'RenewApiTokensRole',
      'SessionsRole',
      'SessionsDirectRole',
      'EndDueSessionsRole',
      'SecretWriterRole',
    ])
    expect(namesOfType(template, 'AWS::IAM::Policy')).toEqual(
      roles.map((role) => role.replace(/Role$/, 'Policy')),
    )
    for (const role of roles) {
      expect(Object.keys(template.Resources[role]?.Properties ?? {})).toEqual([
        'AssumeRolePolicyDocument',
      ])
    }
  })

  it('name no resource by a wildcard', () => {
    const resources = namesOfType(template, 'AWS::IAM::Policy')
      .flatMap((policy) => statementsOf(template, policy, 'PolicyDocument'))
      .map(({ Resource }) => JSON.stringify(Resource))

    expect(resources).toHaveLength(64)
    expect(resources.filter((resource) => resource.includes('*'))).toEqual([])
  })

  it.each([
    'IssueApiTokenRole',
    'IssueApiTokenDirectRole',
    'HealthRole',
    'RenewApiTokensRole',
    'SessionsRole',
    'SessionsDirectRole',
    'EndDueSessionsRole',
    ...embedRoles,
  ])('of %s are for Lambda alone', (role) => {
    const statements = statementsOf(template, role, 'AssumeRolePolicyDocument')

    expect(statements).toEqual([
      {
        Effect: 'Allow',
        Principal: { Service: 'lambda.amazonaws.com' },
        Action: 'sts:AssumeRole',
      },
    ])
  })
})

const theAccount = {
  AWS: {
    'Fn::Join': [
      '',
      ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root'],
    ],
  },
}

describe('the key', () => {
  it('is used by the roles of the functions alone, for records of its own stage and table', () => {
    const [, functions, secretWriter, ...others] = statementsOf(template, 'Key', 'KeyPolicy')

    expect(functions).toMatchObject({
      Principal: theAccount,
      Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      Condition: {
        ...ownRecords,
        ArnEquals: {
          'aws:PrincipalArn': [
            { 'Fn::GetAtt': ['IssueApiTokenRole', 'Arn'] },
            { 'Fn::GetAtt': ['IssueApiTokenDirectRole', 'Arn'] },
            ...embedRoles.map((role) => ({ 'Fn::GetAtt': [role, 'Arn'] })),
            { 'Fn::GetAtt': ['RenewApiTokensRole', 'Arn'] },
            { 'Fn::GetAtt': ['SessionsRole', 'Arn'] },
            { 'Fn::GetAtt': ['SessionsDirectRole', 'Arn'] },
            { 'Fn::GetAtt': ['EndDueSessionsRole', 'Arn'] },
          ],
        },
      },
    })
    expect(secretWriter).toMatchObject({
      Principal: theAccount,
      Action: ['kms:GenerateDataKey'],
      Condition: {
        ...ownRecords,
        ArnEquals: { 'aws:PrincipalArn': [{ 'Fn::GetAtt': ['SecretWriterRole', 'Arn'] }] },
      },
    })
    expect(others).toEqual([])
  })

  it('is administered by the account without use, without grants and without wildcards', () => {
    const [account] = statementsOf(template, 'Key', 'KeyPolicy')

    expect(account?.['Sid']).toBe('AccountAdministers')
    expect(account?.['Action']).toContain('kms:PutKeyPolicy')
    expect(JSON.stringify(account?.['Action'])).not.toMatch(
      /\*|Decrypt|Encrypt|Generate|CreateGrant|Sign|Verify|Mac/,
    )
  })

  it('rotates', () => {
    expect(template.Resources['Key']?.Properties['EnableKeyRotation']).toBe(true)
  })
})

describe('the API', () => {
  it('has a limit of its own on how often it is called', () => {
    expect(template.Resources['HttpApiStage']?.Properties['DefaultRouteSettings']).toEqual({
      ThrottlingRateLimit: 500,
      ThrottlingBurstLimit: 1000,
    })
  })
})

describe('the table', () => {
  it('has the keys, the index and the removal that the store counts on', () => {
    expect(template.Resources['Table']).toEqual({
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        TableName: 'looker-token-broker-acme',
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
  })
})

describe('the template', () => {
  it('refers only to what it has, and to nothing in a circle', () => {
    const known = new Set(Object.keys(template.Resources))
    const names = Object.values(template.Resources).flatMap(({ Properties }) =>
      referencesIn(Properties),
    )

    const unknown = names.filter((name) => !known.has(name) && !name.startsWith('AWS::'))

    expect(unknown).toEqual([])
    expect(cycleIn(template)).toEqual([])
  })

  it('sees a circle where there is one', () => {
    const circle = structuredClone(template)
    const role = circle.Resources['HealthRole']

    if (role) role.DependsOn = 'HealthLambdaFunction'

    expect(cycleIn(circle)).toContain('HealthRole')
  })

  it('has these routes, health alone behind nothing', () => {
    const routes = namesOfType(template, 'AWS::ApiGatewayV2::Route').map((name) => {
      const { RouteKey, AuthorizationType } = template.Resources[name]?.Properties ?? {}
      return [RouteKey, AuthorizationType]
    })

    expect(routes).toEqual([
      ['POST /api-token', 'AWS_IAM'],
      ['GET /acquire-embed-session', 'JWT'],
      ['POST /acquire-embed-session', 'JWT'],
      ['PUT /generate-embed-tokens', 'JWT'],
      ['POST /generate-embed-tokens', 'JWT'],
      ['GET /embed-session', 'JWT'],
      ['DELETE /embed-session', 'JWT'],
      ['POST /embed-session/extend', 'JWT'],
      ['POST /embed-session/activity', 'JWT'],
      ['GET /health', undefined],
    ])
  })

  it('lets the gateway and the schedule invoke their functions, and nobody the direct ones', () => {
    const permissions = namesOfType(template, 'AWS::Lambda::Permission').map((name) => {
      const { FunctionName, Principal } = template.Resources[name]?.Properties ?? {}
      return [referencesIn(FunctionName)[0], Principal]
    })

    expect(permissions).toEqual([
      ['RenewApiTokensLambdaFunction', 'events.amazonaws.com'],
      ['EndDueSessionsLambdaFunction', 'events.amazonaws.com'],
      ['IssueApiTokenLambdaFunction', 'apigateway.amazonaws.com'],
      ['AcquireEmbedSessionLambdaFunction', 'apigateway.amazonaws.com'],
      ['GenerateEmbedTokensLambdaFunction', 'apigateway.amazonaws.com'],
      ['EmbedSessionLambdaFunction', 'apigateway.amazonaws.com'],
      ['HealthLambdaFunction', 'apigateway.amazonaws.com'],
    ])
  })

  it('runs the renewal and the end of due sessions every minute', () => {
    const rules = namesOfType(template, 'AWS::Events::Rule')

    expect(rules).toHaveLength(2)
    for (const rule of rules) {
      expect(template.Resources[rule]?.Properties).toMatchObject({
        ScheduleExpression: 'rate(1 minute)',
        State: 'ENABLED',
      })
    }
  })

  it('gives the functions names in their environment and no secret', () => {
    const environments = namesOfType(template, 'AWS::Lambda::Function').map(
      (name) => template.Resources[name]?.Properties['Environment'],
    )

    expect(environments).toEqual(
      Array.from({ length: 13 }, () => ({
        Variables: { STAGE: 'acme', TABLE_NAME: { Ref: 'Table' }, KEY_ID: key },
      })),
    )
    expect(JSON.stringify(template)).not.toMatch(/secret[^-"\]#W]|password|NoEcho/)
  })

  it('bounds no parallel runs when the tenant does not ask for it', () => {
    const functions = namesOfType(template, 'AWS::Lambda::Function').map(
      (name) => template.Resources[name]?.Properties ?? {},
    )

    for (const properties of functions) {
      expect(properties).not.toHaveProperty('ReservedConcurrentExecutions')
    }
  })

  it('tells where the functions are', () => {
    expect(Object.keys(template.Outputs)).toEqual(
      expect.arrayContaining([
        'HttpApiUrl',
        'IssueApiTokenDirectArn',
        'AcquireEmbedSessionDirectArn',
        'GenerateEmbedTokensDirectArn',
        'EmbedSessionDirectArn',
        'SessionsDirectArn',
        'SecretWriterRoleArn',
      ]),
    )
  })
})

const bundles: readonly [string, string, string][] = [
  ['issueApiToken', 'functions/issue-api-token.cjs', 'handler'],
  ['issueApiTokenDirect', 'functions/issue-api-token.cjs', 'direct'],
  ['acquireEmbedSession', 'functions/acquire-embed-session.cjs', 'handler'],
  ['acquireEmbedSessionDirect', 'functions/acquire-embed-session.cjs', 'direct'],
  ['generateEmbedTokens', 'functions/generate-embed-tokens.cjs', 'handler'],
  ['generateEmbedTokensDirect', 'functions/generate-embed-tokens.cjs', 'direct'],
  ['embedSession', 'functions/embed-session.cjs', 'handler'],
  ['embedSessionDirect', 'functions/embed-session.cjs', 'direct'],
  ['health', 'functions/health.cjs', 'handler'],
  ['renewApiTokens', 'functions/renew-api-tokens.cjs', 'handler'],
  ['sessions', 'functions/sessions.cjs', 'handler'],
  ['sessionsDirect', 'functions/sessions.cjs', 'direct'],
  ['endDueSessions', 'functions/end-due-sessions.cjs', 'handler'],
]

const filesOf = (name: string) => unzip(readFileSync(join(folder, `.serverless/${name}.zip`)))

describe('a bundle', () => {
  it('is one file, the one that has a budget', async () => {
    const budgeted = await bundleFunctions()

    const codeOf = (path: string) =>
      budgeted.find((one) => one.name === basename(path, '.cjs'))?.code ?? Buffer.alloc(0)
    const same = bundles.map(([name, path]) => {
      const files = filesOf(name)
      return [name, files.size, files.get(path)?.equals(codeOf(path))]
    })
    expect(same).toEqual(bundles.map(([name]) => [name, 1, true]))
  })

  it.each(bundles)('of %s loads as CommonJS in a bare process', (name, path, entry) => {
    const code = filesOf(name).get(path) ?? Buffer.alloc(0)
    const place = join(folder, 'unpacked', name)
    mkdirSync(join(place, 'functions'), { recursive: true })
    writeFileSync(join(place, path), code)

    const script = `console.log(typeof require('./${path}').${entry})`
    const printed = execFileSync(process.execPath, ['-e', script], { cwd: place, env: lambda })

    expect(printed.toString()).toBe('function\n')
  })

  it('holds the tenant file', () => {
    const code = filesOf('issueApiToken').get('functions/issue-api-token.cjs')?.toString() ?? ''

    expect(code).toContain('"base_url":"https://acme.cloud.looker.com"')
    expect(code).toContain('"role":"nightly-reports","service_account":true')
  })

  it('holds nothing that is not deployed', () => {
    const code = bundles.map(([name, path]) => filesOf(name).get(path)?.toString()).join('')

    expect(code).not.toMatch(/local-client|127\.0\.0\.1:4010|sourceMappingURL|parseDocument/)
  })
})

/** What Lambda sets, as far as loading needs it. */
const lambda = {
  STAGE: 'acme',
  TABLE_NAME: 'looker-token-broker-acme',
  KEY_ID: 'arn:aws:kms:eu-central-1:123456789012:key/0',
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_SESSION_TOKEN: 'example',
}
