// Judges whether AWS answers at all, and how table and key of a stage are. Pure.
import { judgeClocks } from '../../lib/doctor/clock-difference.ts'
import { failed, ok, skipped, warning } from '../../lib/doctor/finding.ts'
import type { Check, Verdict } from '../../lib/doctor/finding.ts'
import { isAway, isNotSignedIn, whyNotTold } from './aws-words.ts'
import type { Facts } from './facts.ts'
import { judgePolicy } from './key-policy.ts'
import { tableChecks } from './table-checks.ts'

export const awsChecks = (): readonly Check<Facts>[] => [
  { name: 'tenant-file', needs: [], judge: judgeTenantFile },
  { name: 'aws', needs: ['tenant-file'], judge: judgeAws },
  ...tableChecks(),
  { name: 'key', needs: ['aws'], judge: judgeKey },
  { name: 'key-rotation', needs: ['key'], judge: judgeRotation },
  { name: 'key-policy', needs: ['key'], judge: judgePolicy },
]

export const awsClockCheck: Check<Facts> = {
  name: 'aws-clock',
  needs: ['aws'],
  judge: ({ awsAheadMs }) =>
    judgeClocks(awsAheadMs, {
      theirs: 'AWS',
      ours: 'this machine',
      remedy: 'Let this machine set its clock by NTP: AWS refuses requests that are minutes off.',
    }),
}

const judgeTenantFile = ({ stage, tenantMistakes }: Facts): Verdict =>
  tenantMistakes === undefined
    ? ok(`tenants/${stage}.yml has no mistakes.`)
    : failed(tenantMistakes, 'Correct it; docs/configuration.md describes every key.')

/** One fault for what table and key have in common. */
const judgeAws = ({ local, region, table, key }: Facts): Verdict => {
  if (local !== undefined) {
    return local.isRunning
      ? ok(`npm start is running at ${local.address}.`)
      : failed(
          `Nothing answers at ${local.address}.`,
          'Start it in another terminal: npm start. With another PORT set it here too. For a deployed stage: npm run doctor -- --stage <stage>',
        )
  }
  const failures = [table, key].flatMap((asked) => (asked && !asked.ok ? [asked] : []))
  const isTold = failures.length < 2
  if (!isTold && failures.every(isNotSignedIn)) {
    return failed(
      `AWS takes no credentials of this shell (${failures[0]?.code}).`,
      'Sign in, or set AWS_PROFILE.',
    )
  }
  if (!isTold && failures.every(isAway)) {
    return failed(
      `AWS cannot be reached in ${region} (${failures[0]?.code}).`,
      'Look at the network and the region (--region).',
    )
  }
  return ok(`AWS answers in ${region}.`)
}

const judgeKey = ({ key, keyId, stage, region }: Facts): Verdict => {
  if (key === undefined) return skipped('The key was not asked for.')
  if (!key.ok) {
    return key.code === 'NotFoundException'
      ? failed(
          `There is no key ${keyId} in ${region}.`,
          `Deploy the stage (npx serverless deploy --stage ${stage}), or name its region with --region.`,
        )
      : whyNotTold(key, 'the key', 'kms:DescribeKey')
  }
  if (key.value.state === 'Enabled') return ok('The key is there and enabled.')
  const isLeaving = key.value.state === 'PendingDeletion'
  return failed(
    `The key cannot be used: its state is ${key.value.state}.`,
    isLeaving
      ? `Call its deletion off, then enable it: aws kms cancel-key-deletion --key-id ${key.value.arn}. Without it no record of the table opens again.`
      : `aws kms enable-key --key-id ${key.value.arn}`,
  )
}

const judgeRotation = ({ rotates, key }: Facts): Verdict => {
  if (rotates === undefined) return skipped('The key does not tell.')
  if (!rotates.ok) return whyNotTold(rotates, 'the rotation of the key', 'kms:GetKeyRotationStatus')
  if (rotates.value) return ok('The key rotates every year.')
  const arn = key?.ok ? key.value.arn : ''
  return warning('The key does not rotate.', `aws kms enable-key-rotation --key-id ${arn}`)
}
