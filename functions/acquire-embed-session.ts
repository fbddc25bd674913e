// `GET` and `POST /acquire-embed-session` for pages, and its twin for direct invocation.
import { embedBrokerFromEnvironment } from '../lib/embed-broker.ts'
import { acquiring } from '../lib/embed/composition.ts'
import { answerDirect, answerHttp } from '../lib/http/answer.ts'
import { askedByPage, askedDirectly, heldFields } from '../lib/http/embed-call.ts'
import type { EmbedSource } from '../lib/http/embed-call.ts'

const name = 'acquire-embed-session'

export const create = (source: EmbedSource<'acquire'>) => ({
  handler: answerHttp(name, source, async (request, { broker, deadline }) => {
    const { desk, caller, asked } = askedByPage(request, broker, heldFields)
    return desk.service.acquire(caller, asked, deadline)
  }),
  direct: answerDirect(name, source, async (payload, { broker, deadline }) => {
    const { desk, caller, asked } = askedDirectly(payload, broker, heldFields)
    return desk.service.acquire(caller, { session: asked.session }, deadline)
  }),
})

export const { handler, direct } = create(embedBrokerFromEnvironment(acquiring))
