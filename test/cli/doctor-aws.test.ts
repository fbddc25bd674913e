// What the doctor makes of AWS's answers.
import { describe, expect, it } from 'vitest'
import { awsChecks } from '../../cli/doctor/aws-checks.ts'
import type { Facts } from '../../cli/doctor/facts.ts'
import { examined } from '../../lib/doctor/finding.ts'
import type { CheckName } from '../../lib/doctor/finding.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'

const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))

const well: Facts = {
  stage: 'acme',
  region: 'eu-central-1',
  tenantMistakes: undefined,
  settings: undefined,
  definition,
  tableName: 'looker-token-broker-acme',
  keyId: 'alias/looker-token-broker-acme',
  table: {
    ok: true,
    value: {
      TableStatus: 'ACTIVE',
      KeySchema: definition.KeySchema,
      GlobalSecondaryIndexes: definition.GlobalSecondaryIndexes,
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      DeletionProtectionEnabled: true,
    },
  },
  ttl: { ok: true, value: 'ttl_epoch_seconds' },
  key: { ok: true, value: { state: 'Enabled', arn: 'arn:aws:kms:eu-central-1:1:key/2' } },
  rotates: { ok: true, value: true },
  policy: { ok: true, value: '{"Statement":[]}' },
}

const findingOf = (name: CheckName, change: Partial<Facts>) =>
  examined(awsChecks(), { ...well, ...change }).find(({ check }) => check === name)

const refused = (code: string) => ({ ok: false, code }) as const

describe('what AWS says', () => {
  it('is all well where all is as serverless.yml says', () => {
    const standings = examined(awsChecks(), well).map(({ standing }) => standing)

    expect(new Set(standings)).toEqual(new Set(['ok']))
  })

  it.each<[CheckName, Partial<Facts>]>([
    ['table', { table: refused('AccessDeniedException') }],
    ['table-ttl', { ttl: refused('AccessDeniedException') }],
    ['key', { key: refused('AccessDeniedException') }],
    ['key-rotation', { rotates: refused('AccessDeniedException') }],
    ['key-policy', { policy: refused('AccessDenied') }],
  ])('is no fault of %s where the operator may not look', (name, change) => {
    expect(findingOf(name, change)).toMatchObject({
      standing: 'warning',
      remedy: expect.stringMatching(/credentials that may: (dynamodb|kms):\w+\.$/),
    })
  })

  it.each<[CheckName, Partial<Facts>]>([
    ['table', { table: refused('InternalServerError') }],
    ['key', { key: refused('ThrottlingException') }],
  ])('of %s that is no answer is told by its code', (name, change) => {
    const what = expect.stringMatching(/\((InternalServerError|ThrottlingException)\)\.$/)

    expect(findingOf(name, change)).toMatchObject({ standing: 'failed', what })
  })

  it.each(['CREATING', 'DELETING', 'ARCHIVED'] as const)('of a table that is %s', (TableStatus) => {
    const table = { ok: true, value: { TableStatus, KeySchema: definition.KeySchema } } as const

    expect(findingOf('table', { table })).toMatchObject({ standing: 'failed' })
  })

  it('of a key that is about to be deleted tells how to call that off', () => {
    const key = { ok: true, value: { state: 'PendingDeletion', arn: 'arn:key' } } as const

    expect(findingOf('key', { key })).toMatchObject({
      standing: 'failed',
      remedy: expect.stringContaining('aws kms cancel-key-deletion --key-id arn:key'),
    })
  })

  it('takes an index that carries everything', () => {
    const [index] = definition.GlobalSecondaryIndexes ?? []
    const whole = { ...index, Projection: { ProjectionType: 'ALL' as const } }
    const { value } = well.table?.ok ? well.table : { value: {} }
    const table = { ok: true, value: { ...value, GlobalSecondaryIndexes: [whole] } } as const

    expect(findingOf('table-index', { table })).toMatchObject({ standing: 'ok' })
  })
})

const root = { AWS: 'arn:aws:iam::111122223333:root' }
const roles = { ArnEquals: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/functions'] } }
const anyRole = { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/*' } }
const anyRoleOfOneLetter = {
  ArnEquals: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/?' },
}
const use = 'kms:Decrypt'
const other = { AWS: 'arn:aws:iam::1:role/r' }
const everyUse = ['kms:*crypt*', 'kms:GenerateDataKey*', 'kms:CreateGrant']

describe('the policy of a key', () => {
  it.each<[string, object, 'ok' | 'failed']>([
    ['administration by the account', { Principal: root, Action: ['kms:PutKeyPolicy'] }, 'ok'],
    ['use by named roles', { Principal: root, Action: use, Condition: roles }, 'ok'],
    ['use by a role', { Principal: { AWS: 'arn:aws:iam::1:role/r' }, Action: 'kms:*' }, 'ok'],
    ['use by a service', { Principal: { Service: 'logs.amazonaws.com' }, Action: use }, 'ok'],
    ['use by the account', { Principal: root, Action: use }, 'failed'],
    ['everything for the account', { Principal: root, Action: 'kms:*' }, 'failed'],
    ['grants by the account', { Principal: root, Action: ['kms:CreateGrant'] }, 'failed'],
    ['use by a bare account', { Principal: { AWS: '111122223333' }, Action: use }, 'failed'],
    ['use by everybody', { Principal: '*', Action: use }, 'failed'],
    ['part of a name', { Principal: '*', Action: 'kms:Dec*' }, 'failed'],
    ['a pattern of roles', { Principal: root, Action: use, Condition: anyRole }, 'failed'],
    ['part of a name by a question mark', { Principal: '*', Action: 'kms:Decryp?' }, 'failed'],
    [
      'roles of a pattern',
      { Principal: root, Action: use, Condition: anyRoleOfOneLetter },
      'failed',
    ],
    ['all but something', { Principal: root, NotAction: 'kms:Delete*' }, 'failed'],
    ['all but most uses', { Principal: root, NotAction: everyUse.slice(1) }, 'failed'],
    ['all but every use', { Principal: root, NotAction: everyUse }, 'ok'],
    ['all but something to a role', { Principal: other, NotAction: 'kms:Delete*' }, 'ok'],
    ['use by all but one', { NotPrincipal: other, Action: use }, 'failed'],
    ['everything to all but one', { NotPrincipal: other, NotAction: 'kms:Delete*' }, 'failed'],
    [
      'administration by everybody',
      { Principal: { AWS: '*' }, Action: 'kms:PutKeyPolicy' },
      'failed',
    ],
    [
      'administration by all but one',
      { NotPrincipal: other, Action: 'kms:PutKeyPolicy' },
      'failed',
    ],
    ['use by named roles but one', { NotPrincipal: other, Action: use, Condition: roles }, 'ok'],
    ['use of all but another', { Principal: root, Action: use, NotResource: 'arn:x' }, 'failed'],
    ['use of all but another to a role', { Principal: other, Action: use, NotResource: 'x' }, 'ok'],
  ])('that allows %s', (_, statement, standing) => {
    const value = JSON.stringify({ Statement: [{ Effect: 'Allow', ...statement }] })

    expect(findingOf('key-policy', { policy: { ok: true, value } })).toMatchObject({ standing })
  })

  it('that forbids is no fault', () => {
    const value = JSON.stringify({
      Statement: [
        { Effect: 'Deny', Principal: '*', Action: 'kms:*' },
        { Effect: 'Deny', NotPrincipal: other, NotAction: use, NotResource: 'x' },
      ],
    })

    expect(findingOf('key-policy', { policy: { ok: true, value } })).toMatchObject({
      standing: 'ok',
    })
  })

  it('that cannot be read is a fault', () => {
    expect(findingOf('key-policy', { policy: { ok: true, value: 'no JSON' } })).toMatchObject({
      standing: 'failed',
    })
  })
})
