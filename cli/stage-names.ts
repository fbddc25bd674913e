// Names of a stage's resources, as serverless.yml gives them (`custom.tableName`).

export const tableNameOf = (stage: string): string => `looker-token-broker-${stage}`
/** Of the CloudFormation stack: `<service>-<stage>`, as the `serverless` command names it. */
export const stackNameOf = (stage: string): string => `looker-token-broker-${stage}`
export const keyIdOf = (stage: string): string => `alias/${tableNameOf(stage)}`
/** `key`: as serverless.yml names the function. */
export const functionNameOf = (stage: string, key: string): string => `${tableNameOf(stage)}-${key}`

/** The same as serverless.yml takes. */
export const regionOf = (given: string | undefined): string =>
  given ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1'
