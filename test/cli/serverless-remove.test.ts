// What `serverless remove` is given. That it removes a stack so is in tenant-remove.test.ts.
import { describe, expect, it } from 'vitest'
import { bareService } from '../../cli/serverless-remove.ts'
import { root } from '../local/processes.ts'

describe('the service that is removed', () => {
  it('is named as the deployed one, and needs no tenant file', () => {
    const service: unknown = JSON.parse(
      bareService(root, { stage: 'gone', region: 'eu-central-1' }),
    )

    expect(service).toEqual({
      service: 'looker-token-broker',
      frameworkVersion: '4',
      provider: {
        name: 'aws',
        runtime: 'nodejs24.x',
        deploymentBucket: { blockPublicAccess: true },
        stage: 'gone',
        region: 'eu-central-1',
      },
    })
  })
})
