// AWS_IAM on a route: a valid signature for `execute-api`, and the identity that goes into the event.
// Policies are not evaluated; each local key may call every route.
import type { Verdict } from './authorization.ts'
import type { GatewayRequest } from './request.ts'
import { type LocalKey, signerOf } from './signature.ts'

export type IamAuthorizer = (request: GatewayRequest) => Promise<Verdict>

export const createIamAuthorizer =
  (options: {
    readonly keys: readonly LocalKey[]
    readonly region: string
    readonly now: () => number
  }): IamAuthorizer =>
  async (request) => {
    const { keys, region } = options
    const rules = { keys, region, service: 'execute-api', nowAtMs: options.now() } as const
    const signer = await signerOf(request, rules)
    return signer === undefined
      ? { kind: 'refused', status: 403 }
      : { kind: 'allowed', authorizer: { iam: identityOf(signer) } }
  }

// The form that HTTP APIs give for a session of an assumed role.
const identityOf = ({ accessKeyId, account, roleName, sessionName }: LocalKey) => ({
  accessKey: accessKeyId,
  accountId: account,
  callerId: `AROALOCAL:${sessionName}`,
  cognitoIdentity: null,
  principalOrgId: 'o-local',
  userArn: `arn:aws:sts::${account}:assumed-role/${roleName}/${sessionName}`,
  userId: `AROALOCAL:${sessionName}`,
})
