// Where everything on one machine listens, and the keys that open it. None of it is a secret.
import type { LocalKey } from './gateway/signature.ts'

type Variables = Readonly<Record<string, string | undefined>>

export type Ports = {
  readonly gateway: number
  readonly looker: number
  readonly kms: number
  readonly dynamoDb: number
  /** Looker's simulator by https, which is all that the Embed SDK speaks. */
  readonly lookerTls: number
  /** Demo page and identity provider, by https. */
  readonly demo: number
  /** The broker by https. */
  readonly gatewayTls: number
}

/** `PORT` is the broker's, 1024 to 65500, default 4000; all else is 10 to 15 above. */
export const portsOf = ({ PORT }: Variables): Ports => {
  const gateway = PORT ? Number(PORT) : 4000
  if (!Number.isInteger(gateway) || gateway < 1024 || gateway > 65_500) {
    throw new Error('PORT is no whole number from 1024 to 65500')
  }
  return {
    gateway,
    looker: gateway + 10,
    kms: gateway + 11,
    dynamoDb: gateway + 12,
    lookerTls: gateway + 13,
    demo: gateway + 14,
    gatewayTls: gateway + 15,
  }
}

export const loopback = (port: number): string => `http://127.0.0.1:${port}`

/** By the name that the demo page shares with Looker, so that one accepted certificate serves both. */
export const secureLocalhost = (port: number): string => `https://localhost:${port}`

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
 * endpoints. Region and credentials of the shell are for those alone: DynamoDB Local keeps a database
 * for each of them.
 */
export const awsVariables = (set: Variables): Record<string, string> => {
  const ports = portsOf(set)
  const { AWS_ENDPOINT_URL_DYNAMODB: table, AWS_ENDPOINT_URL_KMS: keys } = set
  const shell = table === undefined && keys === undefined ? {} : set
  return {
    AWS_ENDPOINT_URL_DYNAMODB: table ?? loopback(ports.dynamoDb),
    AWS_ENDPOINT_URL_KMS: keys ?? loopback(ports.kms),
    AWS_REGION: shell['AWS_REGION'] ?? shell['AWS_DEFAULT_REGION'] ?? 'us-east-1',
    AWS_ACCESS_KEY_ID: shell['AWS_ACCESS_KEY_ID'] ?? 'local',
    AWS_SECRET_ACCESS_KEY: shell['AWS_SECRET_ACCESS_KEY'] ?? 'local',
    // Nothing here outlives its lock file, so what later versions will need is no news to a reader.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  }
}
