// `GET` and `POST /acquire-embed-session` for pages, and its twin for direct invocation.
import { embedBrokerFromEnvironment } from '../lib/embed-broker.ts'
import { acquiring } from '../lib/embed/composition.ts'
import { answerDirect, answerHttp } from '../lib/http/answer.ts'
import { acquireFields, askedByPage, askedDirectly } from '../lib/http/embed-call.ts'
import type { EmbedSource } from '../lib/http/embed-call.ts'
import type { Secret } from '../lib/secret.ts'

const name = 'acquire-embed-session'

export const create = (source: EmbedSource<'acquire'>) => ({
  handler: answerHttp(name, source, async (request, { broker, deadline }) => {
    const { desk, caller, asked } = askedByPage(request, broker, acquireFields)
    return desk.service.acquire(caller, wishesOf(asked), deadline)
  }),
  direct: answerDirect(name, source, async (payload, { broker, deadline }) => {
    const { desk, caller, asked } = askedDirectly(payload, broker, acquireFields)
    return desk.service.acquire(caller, wishesOf(asked), deadline)
  }),
})

type Asked = { readonly session?: Secret | undefined; readonly stay_signed_in: boolean }

const wishesOf = ({ session, stay_signed_in: staySignedIn }: Asked) => ({ session, staySignedIn })

export const { handler, direct } = create(embedBrokerFromEnvironment(acquiring))
