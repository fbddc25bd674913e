// `/embed-session`: `GET` tells how a page's session stands, `DELETE` ends it; `POST …/extend` and `…/activity`
// serve the tenant's session policy. And the twin of all for direct invocation.
import { embedBrokerFromEnvironment } from '../lib/embed-broker.ts'
import { keeping } from '../lib/embed/composition.ts'
import { BrokerError } from '../lib/errors.ts'
import { answerDirect, answerHttp } from '../lib/http/answer.ts'
import {
  activityFields,
  askedByPage,
  askedDirectly,
  heldFields,
  sessionFields,
} from '../lib/http/embed-call.ts'
import type { EmbedSource } from '../lib/http/embed-call.ts'

const name = 'embed-session'

export const create = (source: EmbedSource<'state' | 'extend' | 'noteActivity' | 'end'>) => ({
  handler: answerHttp(name, source, async (request, { broker, deadline }) => {
    if (request.route.endsWith('/activity')) {
      const { desk, caller, asked } = askedByPage(request, broker, activityFields)
      const activity = { idleSeconds: asked.idle_seconds }
      return desk.service.noteActivity(caller, activity, deadline)
    }
    const { desk, caller, asked } = askedByPage(request, broker, heldFields)
    const { session } = asked
    if (request.route.endsWith('/extend')) return desk.service.extend(caller, deadline)
    if (request.method === 'GET') return desk.service.state(caller, { session }, deadline)
    if (request.method === 'DELETE') {
      return desk.service.end(caller, { session, by: 'user' }, deadline)
    }
    throw new BrokerError('not-found', 'A session is asked for by GET and ended by DELETE.')
  }),
  direct: answerDirect(name, source, async (payload, { broker, deadline }) => {
    const { desk, caller, asked } = askedDirectly(payload, broker, sessionFields)
    const { action, by, session, idle_seconds: idleSeconds } = asked
    if (action === 'state') return desk.service.state(caller, { session }, deadline)
    if (action === 'extend') return desk.service.extend(caller, deadline)
    if (action === 'activity') return desk.service.noteActivity(caller, { idleSeconds }, deadline)
    return desk.service.end(caller, { session, by }, deadline)
  }),
})

export const { handler, direct } = create(embedBrokerFromEnvironment(keeping))
