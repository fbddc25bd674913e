// The IAM role behind a request, from what the gateway's AWS_IAM authorizer says. Nothing of it is taken
// from headers or body. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
import * as v from 'valibot'
import { BrokerError } from '../errors.ts'

export type IamCaller = {
  /** AWS account, 12 digits. */
  readonly account: string
  /** Name of the role, without path, whatever the session of it is called. */
  readonly role: string
}

const authorizer = v.object({
  iam: v.object({ accountId: v.string(), userArn: v.string() }),
})

/** Sessions of an assumed role name the role alone: its path is not part of their ARN. */
const assumedRole = /^arn:aws[a-z-]*:sts::(\d{12}):assumed-role\/([\w+=,.@-]{1,64})\/[^/]+$/

/** Errors: `unauthenticated` when no role of the named account signed the request. */
export const parseIamCaller = (unverified: unknown): IamCaller => {
  const parsed = v.safeParse(authorizer, unverified)
  const [, account, role] = assumedRole.exec(parsed.success ? parsed.output.iam.userArn : '') ?? []
  if (!parsed.success || account !== parsed.output.iam.accountId || role === undefined) {
    throw new BrokerError('unauthenticated', 'The request is not signed by an IAM role.')
  }
  return { account, role }
}
