// Judges the table of a stage against the one that serverless.yml defines. Pure.
import { failed, ok, skipped, warning } from '../../lib/doctor/finding.ts'
import type { Check, Verdict } from '../../lib/doctor/finding.ts'
import { isAway, whyNotTold } from './aws-words.ts'
import type { Facts, TableFacts } from './facts.ts'

export const tableChecks = (): readonly Check<Facts>[] => [
  { name: 'table', needs: ['aws'], judge: judgeTable },
  { name: 'table-index', needs: ['table'], judge: ofTable(judgeIndex) },
  { name: 'table-ttl', needs: ['table'], judge: judgeTtl },
  { name: 'table-billing', needs: ['table'], judge: ofTable(judgeBilling) },
  { name: 'table-protection', needs: ['table'], judge: ofTable(judgeProtection) },
]

type Judge = (table: TableFacts, facts: Facts) => Verdict

const ofTable =
  (judge: Judge) =>
  (facts: Facts): Verdict =>
    facts.table?.ok ? judge(facts.table.value, facts) : noTable

const noTable = skipped('There is no table to look at.')

const judgeTable = (facts: Facts): Verdict => {
  const { table, tableName, region, stage, local, definition } = facts
  if (table === undefined) return noTable
  if (!table.ok) {
    if (table.code === 'ResourceNotFoundException') {
      return failed(
        `There is no table ${tableName} in ${region}.`,
        `Deploy the stage (npx serverless deploy --stage ${stage}), or name its region with --region.`,
      )
    }
    if (local && isAway(table)) {
      return skipped(
        'No database answers here: without Java 17 the table is in the memory of npm start.',
      )
    }
    return whyNotTold(table, 'the table', 'dynamodb:DescribeTable')
  }
  if (!isSameKey(table.value.KeySchema, definition.KeySchema)) {
    return failed(
      `The table ${tableName} has other keys than serverless.yml gives it.`,
      'Keys of a table cannot be changed: rename or remove the table, and deploy the stage anew.',
    )
  }
  const { TableStatus: status } = table.value
  return status === 'ACTIVE' || status === 'UPDATING'
    ? ok(`The table ${tableName} is there.`)
    : failed(`The table ${tableName} is ${status}.`, 'Wait until AWS has finished, and look again.')
}

const anew = ({ stage }: Facts): string =>
  `Deploy the stage again (npx serverless deploy --stage ${stage}). If CloudFormation sees no change, set it by hand.`

const judgeIndex: Judge = (table, facts) => {
  for (const { IndexName, KeySchema, Projection } of facts.definition.GlobalSecondaryIndexes ??
    []) {
    const found = table.GlobalSecondaryIndexes?.find((index) => index.IndexName === IndexName)
    if (!found) return failed(`The table has no index ${IndexName}.`, anew(facts))
    if (!isSameKey(found.KeySchema, KeySchema)) {
      return failed(
        `The index ${IndexName} has other keys than serverless.yml gives it.`,
        anew(facts),
      )
    }
    const carried = found.Projection?.NonKeyAttributes ?? []
    const lacking = (Projection.NonKeyAttributes ?? []).filter((name) => !carried.includes(name))
    if (lacking.length > 0 && found.Projection?.ProjectionType !== 'ALL') {
      return failed(`The index ${IndexName} does not carry ${lacking.join(' and ')}.`, anew(facts))
    }
  }
  return ok('The table has its index.')
}

const judgeTtl = (facts: Facts): Verdict => {
  const { ttl, definition, tableName } = facts
  if (ttl === undefined) return noTable
  if (!ttl.ok) return whyNotTold(ttl, 'the removal of old items', 'dynamodb:DescribeTimeToLive')
  const wanted = definition.TimeToLiveSpecification?.AttributeName
  if (ttl.value === wanted) return ok('Old items are removed by themselves.')
  return failed(
    ttl.value === undefined
      ? 'Old items are never removed: time to live is off.'
      : `Old items are removed by ${ttl.value}, which none of ours has.`,
    `aws dynamodb update-time-to-live --table-name ${tableName} --time-to-live-specification Enabled=true,AttributeName=${wanted}`,
  )
}

const judgeBilling: Judge = ({ BillingModeSummary }, { definition, tableName }) =>
  BillingModeSummary?.BillingMode === definition.BillingMode
    ? ok('The table is paid for by request.')
    : warning(
        'The table has a fixed capacity, beyond which it refuses.',
        `aws dynamodb update-table --table-name ${tableName} --billing-mode ${definition.BillingMode}`,
      )

const judgeProtection: Judge = ({ DeletionProtectionEnabled: isProtected }, facts) => {
  if (isProtected === true) return ok('The table is protected against deletion.')
  if (facts.definition.DeletionProtectionEnabled !== true) {
    return ok('The table is not protected against deletion, as serverless.yml says.')
  }
  return warning(
    'The table is not protected against deletion.',
    `aws dynamodb update-table --table-name ${facts.tableName} --deletion-protection-enabled`,
  )
}

type Key = readonly {
  readonly AttributeName?: string | undefined
  readonly KeyType?: string | undefined
}[]

const isSameKey = (key: Key | undefined, wanted: Key): boolean =>
  wanted.every((part) =>
    key?.some(
      ({ AttributeName, KeyType }) =>
        AttributeName === part.AttributeName && KeyType === part.KeyType,
    ),
  ) && key?.length === wanted.length
