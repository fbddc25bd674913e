import { describe, expect, it } from 'vitest'
import { parseIamCaller } from '../../lib/identity/iam-caller.ts'

const accountId = '111122223333'
const iam = (userArn: unknown, account: unknown = accountId) => ({
  iam: { accountId: account, userArn },
})

describe('the caller', () => {
  it.each([
    ['arn:aws:sts::111122223333:assumed-role/reports/nightly', 'reports'],
    ['arn:aws:sts::111122223333:assumed-role/reports/i-0123456789abcdef0', 'reports'],
    ['arn:aws-cn:sts::111122223333:assumed-role/reports/nightly', 'reports'],
    ['arn:aws-us-gov:sts::111122223333:assumed-role/reports/nightly', 'reports'],
    ['arn:aws:sts::111122223333:assumed-role/a+=,.@-_Z9/me@example.com', 'a+=,.@-_Z9'],
  ])('of %s is its role, whatever the session is called', (userArn, role) => {
    const caller = parseIamCaller(iam(userArn))

    expect(caller).toEqual({ account: '111122223333', role })
  })

  it.each<[string, unknown]>([
    ['a user', iam('arn:aws:iam::111122223333:user/reports')],
    ['the root of the account', iam('arn:aws:iam::111122223333:root')],
    ['a federated user', iam('arn:aws:sts::111122223333:federated-user/reports')],
    ['a role that is no session', iam('arn:aws:iam::111122223333:role/reports')],
    ['another account than the gateway names', iam('arn:aws:sts::999999999999:assumed-role/r/s')],
    ['an account that is no text', iam('arn:aws:sts::111122223333:assumed-role/r/s', 111122223333)],
    ['an account of 11 digits', iam('arn:aws:sts::11112222333:assumed-role/r/s', '11112222333')],
    ['a service other than STS', iam('arn:aws:evil::111122223333:assumed-role/reports/s')],
    ['a partition that is none', iam('arn:evil:sts::111122223333:assumed-role/reports/s')],
    ['a role without session', iam('arn:aws:sts::111122223333:assumed-role/reports')],
    ['an empty role', iam('arn:aws:sts::111122223333:assumed-role//s')],
    ['a role with a path', iam('arn:aws:sts::111122223333:assumed-role/team/reports/s')],
    ['a role of 65 letters', iam(`arn:aws:sts::111122223333:assumed-role/${'r'.repeat(65)}/s`)],
    ['a line before', iam('x\narn:aws:sts::111122223333:assumed-role/reports/s')],
    ['a line after the role', iam('arn:aws:sts::111122223333:assumed-role/reports\n/s')],
    ['an ARN that is no text', iam(['arn:aws:sts::111122223333:assumed-role/reports/s'])],
    ['no ARN', { iam: { accountId } }],
    ['an empty identity', { iam: {} }],
    ['no identity', {}],
    ['claims of a JWT', { jwt: { claims: { sub: 'reports' }, scopes: null } }],
    ['an identity of a Lambda authorizer', { lambda: { account: accountId, role: 'reports' } }],
    ['a text', 'reports'],
    ['null', null],
    ['nothing', undefined],
  ])('is not known from %s', (_, authorizer) => {
    expect(() => parseIamCaller(authorizer)).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    )
  })
})
