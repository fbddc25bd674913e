// Roles, their policies, and the policy of the key.
import { describe, expect, it } from 'vitest'
import { expected } from '../expected.ts'
import type { Packaged, StageName } from '../packaged.ts'
import { functionNames, ownRecords, rightsOf, sealing, secretWriter, trace } from '../rights.ts'
import { namesOfType, statementsOf } from '../template.ts'

const theAccount = {
  AWS: {
    'Fn::Join': [
      '',
      ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root'],
    ],
  },
}

const arnsOf = (names: readonly string[]) =>
  names.map((name) => ({ 'Fn::GetAtt': [`${name}Role`, 'Arn'] })).toSorted(byText)

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)

export const checkRights = (stage: StageName, of: () => Packaged): void => {
  const { isTraced } = expected[stage]
  const place = { stage, table: `looker-token-broker-${stage}` }

  describe('the rights', () => {
    it.each([...functionNames, secretWriter])('of %s are these and no more', (name) => {
      const { template } = of()

      const statements = statementsOf(template, `${name}Policy`, 'PolicyDocument')

      expect(statements).toEqual(rightsOf(name, place, { isTraced }))
      expect(template.Resources[`${name}Policy`]?.Properties['Roles']).toEqual([
        { Ref: `${name}Role` },
      ])
    })

    it('are all in these policies: one for each role, nothing inline, managed or by resource', () => {
      const { template } = of()
      const names = [...functionNames, secretWriter]
      const types = Object.values(template.Resources).map(({ Type }) => Type)

      const roles = namesOfType(template, 'AWS::IAM::Role')
      const policies = namesOfType(template, 'AWS::IAM::Policy')

      expect(new Set(roles)).toEqual(new Set(names.map((name) => `${name}Role`)))
      expect(new Set(policies)).toEqual(new Set(names.map((name) => `${name}Policy`)))
      for (const role of roles) {
        expect(Object.keys(template.Resources[role]?.Properties ?? {})).toEqual([
          'AssumeRolePolicyDocument',
        ])
      }
      // The bucket policy is the serverless command's own: no bundle is fetched without TLS. The topic's is in
      // test/watch/alarms.test.ts.
      expect(new Set(types.filter((type) => /IAM|Policy/.test(type)))).toEqual(
        new Set([
          'AWS::IAM::Policy',
          'AWS::IAM::Role',
          'AWS::S3::BucketPolicy',
          ...(stage === 'jwt' ? ['AWS::SNS::TopicPolicy'] : []),
        ]),
      )
    })

    it('name no resource by a wildcard, but for traces, which know none', () => {
      const { template } = of()

      const wild = namesOfType(template, 'AWS::IAM::Policy')
        .flatMap((policy) => statementsOf(template, policy, 'PolicyDocument'))
        .filter(({ Resource }) => JSON.stringify(Resource).includes('*'))

      expect(wild).toEqual(isTraced ? functionNames.map(() => trace) : [])
    })

    it.each(functionNames)('of the role of %s are for Lambda alone', (name) => {
      const statements = statementsOf(of().template, `${name}Role`, 'AssumeRolePolicyDocument')

      expect(statements).toEqual([
        {
          Effect: 'Allow',
          Principal: { Service: 'lambda.amazonaws.com' },
          Action: 'sts:AssumeRole',
        },
      ])
    })
  })

  describe('the key', () => {
    it('is used by the roles of the functions alone, for records of its own stage and table', () => {
      const [, functions, writer, ...others] = statementsOf(of().template, 'Key', 'KeyPolicy')

      const { ArnEquals, ...records } = Object(functions?.['Condition'])
      expect(functions).toMatchObject({
        Principal: theAccount,
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
      })
      expect(records).toEqual(ownRecords(place))
      expect(Object.keys(ArnEquals)).toEqual(['aws:PrincipalArn'])
      expect(ArnEquals['aws:PrincipalArn'].toSorted(byText)).toEqual(arnsOf(sealing))
      expect(writer).toEqual({
        Sid: 'SecretWriterSeals',
        Effect: 'Allow',
        Principal: theAccount,
        Action: ['kms:GenerateDataKey'],
        Resource: '*',
        Condition: {
          ...ownRecords(place),
          ArnEquals: { 'aws:PrincipalArn': arnsOf([secretWriter]) },
        },
      })
      expect(others).toEqual([])
    })

    it('is administered by the account without use, without grants and without wildcards', () => {
      const [account] = statementsOf(of().template, 'Key', 'KeyPolicy')

      expect(account?.['Sid']).toBe('AccountAdministers')
      expect(account?.['Action']).toContain('kms:PutKeyPolicy')
      expect(JSON.stringify(account?.['Action'])).not.toMatch(
        /\*|Decrypt|Encrypt|Generate|CreateGrant|Sign|Verify|Mac/,
      )
    })

    it('rotates', () => {
      expect(of().template.Resources['Key']?.Properties['EnableKeyRotation']).toBe(true)
    })
  })
}
