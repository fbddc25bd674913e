// Whether a stage runs by the tenant file that lies here, from what its function told.
import { describe, expect, it } from 'vitest'
import { deployedSettingsCheck } from '../../cli/doctor/deployed-settings.ts'
import type { Facts } from '../../cli/doctor/facts.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'

const known: Facts = {
  stage: 'acme',
  region: 'eu-central-1',
  tenantMistakes: undefined,
  settings: 'digest-1',
  definition: readTableDefinition(new URL('../../serverless.yml', import.meta.url)),
  tableName: 'looker-token-broker-acme',
  keyId: 'alias/looker-token-broker-acme',
}

const answered = (settings: string | undefined) => ({
  ok: true as const,
  findings: [],
  settings,
})

const judged = (facts: Partial<Facts>) => deployedSettingsCheck.judge({ ...known, ...facts })

describe('the deployed settings', () => {
  it('are those of the file by the same digest', () => {
    expect(judged({ answer: answered('digest-1') })).toMatchObject({ standing: 'ok' })
  })

  it('are others by another digest: of the file, or of the defaults of another release', () => {
    expect(judged({ answer: answered('digest-2') })).toEqual({
      standing: 'failed',
      what: 'The stage runs by other settings than tenants/acme.yml has here.',
      remedy:
        'Deploy the stage again (npx serverless deploy --stage acme). If the file or the project here is the older one, fetch the newer.',
    })
  })

  it('are not known of an older function, nor of one that did not answer', () => {
    expect(judged({ answer: answered(undefined) })).toMatchObject({ standing: 'warning' })
    expect(judged({ answer: { ok: false, why: 'away' } })).toMatchObject({ standing: 'skipped' })
  })

  it('are not compared with a file that cannot be used, nor on this machine', () => {
    const answer = answered('digest-2')
    const local = { address: 'http://127.0.0.1:4010', isRunning: true }

    expect(judged({ answer, settings: undefined })).toMatchObject({ standing: 'skipped' })
    expect(judged({ answer, local })).toMatchObject({ standing: 'skipped' })
  })
})
