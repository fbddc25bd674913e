// `POST /api-token` for IAM roles, and its twin for direct invocation.
import { brokerFromEnvironment } from '../lib/broker.ts'
import { answerDirect, answerHttp } from '../lib/http/answer.ts'
import type { BrokerSource } from '../lib/http/answer.ts'
import { parseBody, parseFields } from '../lib/http/body.ts'
import { assertNoQuery } from '../lib/http/event.ts'
import { parseIamCaller } from '../lib/identity/iam-caller.ts'
import { rightsOf } from '../lib/identity/rights.ts'
import { apiTokenRequest } from '../lib/tokens/api-token.ts'

const name = 'issue-api-token'

export const create = (source: BrokerSource) => ({
  handler: answerHttp(name, source, (request, { broker, deadline }) => {
    const { account, role } = parseIamCaller(request.unverifiedAuthorizer)
    const rights = rightsOf(broker.tenant, { account, role })
    const caller = { name: `${account}/${role}`, rights }
    assertNoQuery(request)
    return broker.issueApiToken(parseBody(apiTokenRequest, request.body), caller, deadline)
  }),
  direct: answerDirect(name, source, (payload, { broker, deadline }) => {
    const caller = { name: 'direct', rights: broker.tenant.api_tokens.direct }
    return broker.issueApiToken(parseFields(apiTokenRequest, payload), caller, deadline)
  }),
})

export const { handler, direct } = create(brokerFromEnvironment)
