// Names of a stage's resources, as serverless.yml gives them (`custom.tableName`).

export const tableNameOf = (stage: string): string => `looker-token-broker-${stage}`
export const keyIdOf = (stage: string): string => `alias/${tableNameOf(stage)}`
/** `key`: as serverless.yml names the function. */
export const functionNameOf = (stage: string, key: string): string => `${tableNameOf(stage)}-${key}`
