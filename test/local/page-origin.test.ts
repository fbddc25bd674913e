import { describe, expect, it } from 'vitest'
import { readTenant } from '../../cli/tenant-file.ts'
import { movedTo } from '../../local/page-origin.ts'
import type { Service } from '../../local/serverless-config.ts'
import { root } from './processes.ts'

const named = 'https://localhost:4014'
const moved = 'https://localhost:5014'
const route = { method: 'GET', path: '/embed-session', functionName: 'f', handler: 'f.handler' }
const service: Service = {
  region: 'us-east-1',
  stage: 'local',
  functions: [],
  schedules: [],
  cors: {
    origins: [named, 'https://other.example'],
    headers: [],
    methods: [],
    exposed: [],
    credentials: false,
  },
  routes: [
    { ...route, authorizer: { kind: 'jwt', issuer: named, audience: ['a'], scopes: [] } },
    {
      ...route,
      authorizer: { kind: 'jwt', issuer: 'https://other.example', audience: ['a'], scopes: [] },
    },
    { ...route, authorizer: { kind: 'iam' } },
    route,
  ],
}

describe('the origin of the demo page', () => {
  it('moves with PORT in tenant, CORS and authorizers, and nothing else does', () => {
    const tenant = readTenant(root, 'local')

    const result = movedTo(moved, { service, tenant })

    expect(tenant.origins).toContain(named)
    expect(result.tenant.origins).toContain(moved)
    expect(result.tenant.origins).not.toContain(named)
    expect(tenant.identity?.jwt?.issuer).toBe(named)
    expect(result.tenant.identity?.jwt).toEqual({ issuer: moved, audience: ['looker-embed'] })
    expect(tenant.admin?.jwt?.issuer).toBe(named)
    expect(result.tenant.admin).toMatchObject({ jwt: { issuer: moved }, origins: [moved] })
    expect(result.service.cors?.origins).toEqual([moved, 'https://other.example'])
    expect(result.service.routes).toMatchObject([
      { authorizer: { issuer: moved } },
      { authorizer: { issuer: 'https://other.example' } },
      { authorizer: { kind: 'iam' } },
      route,
    ])
  })
})
