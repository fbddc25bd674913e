// Where everything on one machine listens, and the keys that open it. None of it is a secret.
import type { LocalKey } from './gateway/signature.ts'

export const ports = { gateway: 4000, looker: 4010, kms: 4011, dynamoDb: 4012 } as const

const account = '000000000000'

/** Signing keys of the roles in tenants/local.yml. */
export const localKeys: readonly LocalKey[] = [
  {
    accessKeyId: 'local-caller',
    secretAccessKey: 'local-caller-secret',
    account,
    roleName: 'local-caller',
    sessionName: 'terminal',
  },
  {
    accessKeyId: 'local-reader',
    secretAccessKey: 'local-reader-secret',
    account,
    roleName: 'local-reader',
    sessionName: 'terminal',
  },
]

/**
 * What the AWS clients need on one machine: the doubles, unless the usual variables name other
 * endpoints. A real region or real credentials of the shell are left alone.
 */
export const awsVariables = (
  set: Readonly<Record<string, string | undefined>>,
): Record<string, string> => ({
  AWS_ENDPOINT_URL_DYNAMODB: set['AWS_ENDPOINT_URL_DYNAMODB'] ?? loopback(ports.dynamoDb),
  AWS_ENDPOINT_URL_KMS: set['AWS_ENDPOINT_URL_KMS'] ?? loopback(ports.kms),
  AWS_REGION: set['AWS_REGION'] ?? 'us-east-1',
  AWS_ACCESS_KEY_ID: set['AWS_ACCESS_KEY_ID'] ?? 'local',
  AWS_SECRET_ACCESS_KEY: set['AWS_SECRET_ACCESS_KEY'] ?? 'local',
  // Nothing here outlives its lock file, so what later versions will need is no news to a reader.
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
})

const loopback = (port: number): string => `http://127.0.0.1:${port}`
