// The broker of the doctor's function: key, secret and Looker, without tokens and sessions that others share.
import { clientOf, lookerOptions, once, ownerOf, sealerOf, stageFromEnvironment } from './broker.ts'
import type { Services, Stage } from './broker.ts'
import { createExamine } from './doctor/examine.ts'
import type { Examine } from './doctor/examine.ts'
import { settingsDigest } from './doctor/settings-digest.ts'
import type { Report } from './events.ts'
import { createLookerClient } from './looker/client.ts'
import { createLookerEmbedClient } from './looker/embed-client.ts'
import { createLookerExaminationClient } from './looker/examination-client.ts'
import type { Clock } from './time.ts'
import { createClientSecret, secretKeyOf } from './tokens/client-secret.ts'

export type DoctorBroker = {
  readonly clock: Clock
  readonly report: Report
  readonly examine: Examine
  /** Digest of the tenant that it runs by. */
  readonly settings: string
}

export const createDoctorBroker = (stage: Stage, services: Services): DoctorBroker => {
  const { clock, report, secrets: store } = services
  const options = lookerOptions(stage.tenant, services)
  const sealer = sealerOf(stage, services)
  const key = secretKeyOf(clientOf(stage.tenant))
  const examine = createExamine({
    stage: stage.stage,
    tenant: stage.tenant,
    useKey: () => sealer.currentKey(undefined),
    clientSecret: createClientSecret({ store, sealer, key, clock }),
    looker: {
      ...createLookerClient(options),
      ...createLookerEmbedClient(options),
      ...createLookerExaminationClient(options),
    },
    clock,
    newName: ownerOf(services),
  })
  return { clock, report, examine, settings: settingsDigest(stage.tenant) }
}

/** Of the deployed function. Errors of the call: `misconfigured`. */
export const doctorBrokerFromEnvironment: () => DoctorBroker = /* @__PURE__ */ once(() => {
  const { stage, services } = stageFromEnvironment()
  return createDoctorBroker(stage, services)
})
