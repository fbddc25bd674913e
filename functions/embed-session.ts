// `GET /embed-session` tells how a page's session stands, `DELETE` ends it; and the twin of both for
// direct invocation.
import { embedBrokerFromEnvironment } from '../lib/embed-broker.ts'
import { keeping } from '../lib/embed/composition.ts'
import { BrokerError } from '../lib/errors.ts'
import { answerDirect, answerHttp } from '../lib/http/answer.ts'
import { askedByPage, askedDirectly, heldFields, sessionFields } from '../lib/http/embed-call.ts'
import type { EmbedSource } from '../lib/http/embed-call.ts'

const name = 'embed-session'

export const create = (source: EmbedSource<'state' | 'end'>) => ({
  handler: answerHttp(name, source, async (request, { broker, deadline }) => {
    const { desk, caller, asked } = askedByPage(request, broker, heldFields)
    const { session } = asked
    if (request.method === 'GET') return desk.service.state(caller, { session }, deadline)
    if (request.method === 'DELETE') {
      return desk.service.end(caller, { session, by: 'user' }, deadline)
    }
    throw new BrokerError('not-found', 'A session is asked for by GET and ended by DELETE.')
  }),
  direct: answerDirect(name, source, async (payload, { broker, deadline }) => {
    const { desk, caller, asked } = askedDirectly(payload, broker, sessionFields)
    const { action, by, session } = asked
    return action === 'state'
      ? desk.service.state(caller, { session }, deadline)
      : desk.service.end(caller, { session, by }, deadline)
  }),
})

export const { handler, direct } = create(embedBrokerFromEnvironment(keeping))
