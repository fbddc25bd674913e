// Judges whether the stage runs by the tenant file that lies here. Pure.
import { failed, ok, skipped, warning } from '../../lib/doctor/finding.ts'
import type { Check, Verdict } from '../../lib/doctor/finding.ts'
import type { Facts } from './facts.ts'

export const deployedSettingsCheck: Check<Facts> = {
  name: 'deployed-settings',
  needs: ['function'],
  judge: (facts) => judgeSettings(facts),
}

const judgeSettings = ({ answer, settings, stage, local }: Facts): Verdict => {
  // Its settings are the file's as variables and PORT change them.
  if (local) return skipped(`npm start reads tenants/${stage}.yml when it is started.`)
  if (!answer?.ok || settings === undefined) return skipped('There is nothing to compare.')
  const remedy = `Deploy the stage again (npx serverless deploy --stage ${stage}).`
  if (answer.settings === undefined) {
    return warning('The deployed function does not tell by which tenant file it runs.', remedy)
  }
  return answer.settings === settings
    ? ok(`The stage runs by tenants/${stage}.yml as it lies here.`)
    : failed(
        `The stage runs by other settings than tenants/${stage}.yml has here.`,
        `${remedy} If the file or the project here is the older one, fetch the newer.`,
      )
}
