// The part of the doctor that runs as a function of the stage: what needs the client secret, the key or
// Looker. The rest is cli/doctor.
import type { Deadline } from '../time.ts'
import { embedChecks } from './embed-checks.ts'
import type { Facts } from './facts.ts'
import { examined } from './finding.ts'
import type { Check, Finding } from './finding.ts'
import { gather } from './gather.ts'
import { lookerChecks, lookerClockCheck } from './looker-checks.ts'
import type { DoctorParts } from './parts.ts'
import { sessionChecks } from './session-checks.ts'
import { stageChecks } from './stage-checks.ts'

/** Never fails for what it examines: that is a finding. */
export type Examine = (deadline: Deadline) => Promise<readonly Finding[]>

export const createExamine =
  (parts: DoctorParts): Examine =>
  async (deadline) =>
    examined(functionChecks(parts.stage), await gather(parts, deadline))

/** In the order in which they are told. */
export const functionChecks = (stage: string): readonly Check<Facts>[] => [
  ...stageChecks(stage),
  ...lookerChecks(stage),
  ...embedChecks(),
  ...sessionChecks(stage),
  lookerClockCheck,
]
