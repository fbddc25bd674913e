// The shape of serverless.yml, and of what `serverless print` makes of it, as far as the local parts
// read them. The `serverless` command checks the rest.
import {
  array,
  boolean,
  fallback,
  type InferOutput,
  literal,
  looseObject,
  looseTuple,
  nullish,
  number,
  object,
  optional,
  picklist,
  record,
  string,
  union,
  variant,
} from 'valibot'

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
  DeletionProtectionEnabled: fallback(optional(boolean()), undefined),
  TimeToLiveSpecification: optional(object({ AttributeName: string(), Enabled: boolean() })),
})

/** The properties of `AWS::DynamoDB::Table` that a local database understands too. */
export type TableDefinition = InferOutput<typeof tableProperties>

export const withTable = looseObject({
  resources: looseTuple([
    looseObject({
      Resources: looseObject({ Table: looseObject({ Properties: tableProperties }) }),
    }),
  ]),
})

const texts = union([string(), array(string())])

const httpEvent = union([
  string(),
  object({
    method: optional(string()),
    path: string(),
    authorizer: optional(
      union([
        string(),
        object({ name: optional(string()), type: optional(string()), scopes: optional(texts) }),
      ]),
    ),
  }),
])

export type HttpEvent = InferOutput<typeof httpEvent>

const authorizer = variant('type', [
  looseObject({
    type: literal('jwt'),
    issuerUrl: string(),
    audience: texts,
    identitySource: union([
      literal('$request.header.Authorization'),
      array(literal('$request.header.Authorization')),
    ]),
  }),
  looseObject({
    type: literal('request'),
    functionName: string(),
    identitySource: optional(texts),
    enableSimpleResponses: literal(true),
    payloadVersion: optional(literal('2.0')),
  }),
])

const cors = object({
  allowedOrigins: optional(texts),
  allowedHeaders: optional(texts),
  allowedMethods: optional(texts),
  exposedResponseHeaders: optional(texts),
  allowCredentials: optional(boolean()),
  maxAge: optional(number()),
})

const schedule = union([
  string(),
  looseObject({ rate: union([array(string()), string()]), enabled: optional(boolean()) }),
])

export const printedService = looseObject({
  provider: looseObject({
    region: optional(string(), 'us-east-1'),
    timeout: optional(number(), 6),
    memorySize: optional(number(), 1024),
    httpApi: optional(
      looseObject({
        cors: nullish(union([boolean(), cors])),
        authorizers: optional(record(string(), authorizer), {}),
      }),
      {},
    ),
  }),
  functions: record(
    string(),
    looseObject({
      handler: string(),
      name: string(),
      timeout: optional(number()),
      memorySize: optional(number()),
      events: optional(
        array(looseObject({ httpApi: optional(httpEvent), schedule: optional(schedule) })),
        [],
      ),
    }),
  ),
})

export type Printed = InferOutput<typeof printedService>
