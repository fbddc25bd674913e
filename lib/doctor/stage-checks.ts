// Judges how key and client secret stand, as the functions see them. Pure.
import type { Facts } from './facts.ts'
import { failed, ok, skipped } from './finding.ts'
import type { Check, Verdict } from './finding.ts'

const storeIt = (stage: string): string =>
  `Store it: npm run tenant:secret -- --stage ${stage} < file`

export const stageChecks = (stage: string): readonly Check<Facts>[] => [
  {
    name: 'key-use',
    needs: [],
    judge: ({ keyUse }) =>
      keyUse.works
        ? ok('The functions can use the key.')
        : failed(
            `The functions cannot use the key. (${keyUse.why})`,
            'Deploy the stage again: that puts the roles of the functions back into the policy of the key.',
          ),
  },
  {
    name: 'secret',
    needs: ['key-use'],
    judge: ({ secret }) => judgeSecret(secret, stage),
  },
]

const judgeSecret = (secret: Facts['secret'], stage: string): Verdict => {
  if (secret === undefined) return skipped('The client secret was not read.')
  if (secret.kind === 'good') return ok('The client secret is stored, and opens.')
  if (secret.kind === 'not-read') {
    return failed(
      `The client secret cannot be read. (${secret.why})`,
      'Deploy the stage again: that gives the role of the function its rights back.',
    )
  }
  return failed(bad[secret.kind], storeIt(stage))
}

const bad = {
  missing: 'No client secret is stored for this address and client id.',
  'does-not-open':
    'The stored client secret does not open: it was sealed for another stage, table or key.',
  malformed: 'What is stored is no Looker client secret (8 to 256 visible characters).',
} as const
