import { describe, expect, it } from 'vitest'
import { readTenant } from '../../cli/tenant-file.ts'
import { awsVariables, localKeys, portsOf } from '../../local/addresses.ts'
import { root } from './processes.ts'

describe('the ports', () => {
  it.each([
    [{}, 4000],
    [{ PORT: '' }, 4000],
    [{ PORT: '1024' }, 1024],
    [{ PORT: '65500' }, 65_500],
  ])('with %j begin at %i', (variables, gateway) => {
    expect(portsOf(variables)).toEqual({
      gateway,
      looker: gateway + 10,
      kms: gateway + 11,
      dynamoDb: gateway + 12,
      lookerTls: gateway + 13,
      demo: gateway + 14,
      gatewayTls: gateway + 15,
    })
  })

  it.each(['1023', '65501', '4000.5', 'x', '-1'])('are not to begin at %s', (PORT) => {
    expect(() => portsOf({ PORT })).toThrow('PORT is no whole number from 1024 to 65500')
  })
})

describe('the variables of the AWS clients', () => {
  const shell = {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDSHELL',
    AWS_SECRET_ACCESS_KEY: 'shell',
  }

  it('name the doubles, and nothing of the shell, where nothing else is named', () => {
    expect(awsVariables(shell)).toMatchObject({
      AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:4012',
      AWS_ENDPOINT_URL_KMS: 'http://127.0.0.1:4011',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    })
  })

  it.each(['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL_KMS'])(
    'leave region and credentials of the shell where %s is given',
    (name) => {
      const endpoint = { [name]: 'https://example.com' }

      expect(awsVariables({ ...shell, ...endpoint })).toMatchObject({ ...shell, ...endpoint })
    },
  )
})

describe('the local keys', () => {
  it('are those of the roles in tenants/local.yml', () => {
    const { callers } = readTenant(root, 'local').api_tokens

    expect(localKeys.map(({ account, roleName }) => [account, roleName])).toEqual(
      callers.map(({ account, role }) => [account, role]),
    )
  })
})
