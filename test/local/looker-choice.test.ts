import { describe, expect, it } from 'vitest'
import { readTenant } from '../../cli/tenant-file.ts'
import { TenantError } from '../../lib/config.ts'
import { chooseLooker } from '../../local/looker-choice.ts'
import { root } from './processes.ts'

const tenant = readTenant(root, 'local')
const real = {
  LOOKERSDK_BASE_URL: 'https://acme.cloud.looker.com',
  LOOKERSDK_CLIENT_ID: 'client',
  LOOKERSDK_CLIENT_SECRET: 'secret-0001',
}

describe('the Looker of this machine', () => {
  it.each([
    [{}, 'http://127.0.0.1:4010'],
    [{ PORT: '5000' }, 'http://127.0.0.1:5010'],
    [{ LOOKERSDK_BASE_URL: '' }, 'http://127.0.0.1:4010'],
  ])('is the simulator with %j', (variables, baseUrl) => {
    const choice = chooseLooker(tenant, variables)

    expect(choice.tenant.looker).toEqual({ ...tenant.looker, base_url: baseUrl })
    expect(choice.clientSecret).toBeUndefined()
  })

  it.each(['https://acme.cloud.looker.com', 'https://acme.cloud.looker.com/'])(
    'is a real one at %s when all three variables are set',
    (baseUrl) => {
      const choice = chooseLooker(tenant, { ...real, LOOKERSDK_BASE_URL: baseUrl })

      expect(choice.tenant.looker).toMatchObject({
        base_url: 'https://acme.cloud.looker.com',
        client_id: 'client',
      })
      expect(choice.clientSecret).toBe('secret-0001')
    },
  )

  it.each([
    ['LOOKERSDK_BASE_URL', { ...real, LOOKERSDK_BASE_URL: undefined }],
    ['LOOKERSDK_CLIENT_ID', { ...real, LOOKERSDK_CLIENT_ID: '' }],
    ['LOOKERSDK_CLIENT_SECRET', { ...real, LOOKERSDK_CLIENT_SECRET: '' }],
  ])('is refused without %s, by its name', (name, variables) => {
    expect(() => chooseLooker(tenant, variables)).toThrow(
      `For a real Looker set all three variables; missing: ${name}`,
    )
  })

  it.each([
    ['no address', { ...real, LOOKERSDK_BASE_URL: 'acme' }, 'LOOKERSDK_BASE_URL is no address'],
    [
      'a secret with a blank',
      { ...real, LOOKERSDK_CLIENT_SECRET: 'secret 0001' },
      'LOOKERSDK_CLIENT_SECRET is no Looker client secret',
    ],
  ])('is refused with %s, and the value is not repeated', (_, variables, message) => {
    expect(() => chooseLooker(tenant, variables)).toThrow(new Error(message))
  })

  it.each(['http://looker.example.com', 'https://203.0.113.7'])(
    'is refused at %s as the tenant file would be',
    (baseUrl) => {
      expect(() => chooseLooker(tenant, { ...real, LOOKERSDK_BASE_URL: baseUrl })).toThrow(
        TenantError,
      )
    },
  )
})
