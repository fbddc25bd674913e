// The whole doctor: what the operator's credentials show, and what the function of the stage finds.
import { functionChecks } from '../../lib/doctor/examine.ts'
import { examined, failed, ok, skipped, warning } from '../../lib/doctor/finding.ts'
import type { Check, Finding } from '../../lib/doctor/finding.ts'
import type { FunctionCall } from '../function-call.ts'
import { awsChecks, awsClockCheck } from './aws-checks.ts'
import { deployedSettingsCheck } from './deployed-settings.ts'
import type { Facts } from './facts.ts'
import { askFunction, gatherAws } from './gather.ts'
import type { AwsClients } from './gather.ts'

export type Examination = {
  readonly known: Pick<
    Facts,
    | 'stage'
    | 'region'
    | 'tenantMistakes'
    | 'settings'
    | 'local'
    | 'definition'
    | 'tableName'
    | 'keyId'
  >
  readonly clients: AwsClients
  readonly callFunction: FunctionCall
}

export const examineStage = async ({
  known,
  clients,
  callFunction,
}: Examination): Promise<readonly Finding[]> => {
  const isWorthIt = known.tenantMistakes === undefined && known.local?.isRunning !== false
  const facts = { ...known, ...(isWorthIt ? await gatherAws(clients, known) : {}) }
  const answer = mayAsk(facts) ? { answer: await askFunction(callFunction) } : {}
  return examined(allChecks(known.stage), { ...facts, ...answer })
}

const allChecks = (stage: string): readonly Check<Facts>[] => [
  ...awsChecks(),
  functionCheck,
  deployedSettingsCheck,
  ...functionChecks(stage).map(({ name }) => told(name, stage)),
  awsClockCheck,
]

/** What the function cannot do without. */
const needs = ['tenant-file', 'aws', 'table', 'key'] as const

const mayAsk = (facts: Facts): boolean =>
  examined(awsChecks(), facts).every(
    ({ check, standing }) => !needs.some((need) => need === check) || standing !== 'failed',
  )

export const functionCheck: Check<Facts> = {
  name: 'function',
  needs,
  judge: ({ answer }) => {
    if (answer === undefined) return skipped('The function was not asked.')
    return answer.ok
      ? ok('The function examineLookerDirect answers.')
      : failed('The function examineLookerDirect does not answer.', answer.why)
  },
}

/** Found by the function. */
const told = (name: Finding['check'], stage: string): Check<Facts> => ({
  name,
  needs: ['function'],
  judge: ({ answer }) => {
    const finding = answer?.ok ? answer.findings.find(({ check }) => check === name) : undefined
    if (finding === undefined) {
      return warning(
        'The deployed function does not know this check.',
        `Deploy the stage again (npx serverless deploy --stage ${stage}).`,
      )
    }
    const { check: _, ...verdict } = finding
    return verdict
  },
})
