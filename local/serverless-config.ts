// What serverless.yml says, for everything that runs on one machine: the table's definition, so that
// there is one of it.
import { readFileSync } from 'node:fs'
import {
  array,
  boolean,
  type InferOutput,
  looseObject,
  object,
  optional,
  parse as parseBy,
  picklist,
  string,
} from 'valibot'
import { parse as parseYaml } from 'yaml'

const keySchema = array(object({ AttributeName: string(), KeyType: picklist(['HASH', 'RANGE']) }))

const tableProperties = object({
  AttributeDefinitions: array(
    object({ AttributeName: string(), AttributeType: picklist(['S', 'N', 'B']) }),
  ),
  KeySchema: keySchema,
  GlobalSecondaryIndexes: optional(
    array(
      object({
        IndexName: string(),
        KeySchema: keySchema,
        Projection: object({
          ProjectionType: picklist(['ALL', 'KEYS_ONLY', 'INCLUDE']),
          NonKeyAttributes: optional(array(string())),
        }),
      }),
    ),
  ),
  BillingMode: picklist(['PAY_PER_REQUEST']),
  TimeToLiveSpecification: optional(object({ AttributeName: string(), Enabled: boolean() })),
})

/** The properties of `AWS::DynamoDB::Table` that a local database understands too. */
export type TableDefinition = InferOutput<typeof tableProperties>

const withTable = looseObject({
  resources: looseObject({
    Resources: looseObject({ Table: looseObject({ Properties: tableProperties }) }),
  }),
})

/** The definition of the resource `Table`; properties that only AWS knows are left out. */
export const readTableDefinition = (path: string | URL): TableDefinition =>
  parseBy(withTable, parseYaml(readFileSync(path, 'utf8'))).resources.Resources.Table.Properties
