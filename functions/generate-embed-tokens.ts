// `PUT` and `POST /generate-embed-tokens` for pages, and its twin for direct invocation.
import { embedBrokerFromEnvironment } from '../lib/embed-broker.ts'
import { generating } from '../lib/embed/composition.ts'
import type { PageTokens, Held } from '../lib/embed/service.ts'
import { answerDirect, answerHttp } from '../lib/http/answer.ts'
import { askedByPage, askedDirectly, generateFields } from '../lib/http/embed-call.ts'
import type { EmbedSource } from '../lib/http/embed-call.ts'
import type { Secret } from '../lib/secret.ts'

const name = 'generate-embed-tokens'

export const create = (source: EmbedSource<'generate'>) => ({
  handler: answerHttp(name, source, async (request, { broker, deadline }) => {
    const { desk, caller, asked } = askedByPage(request, broker, generateFields)
    return desk.service.generate(caller, tokensOf(asked), deadline)
  }),
  direct: answerDirect(name, source, async (payload, { broker, deadline }) => {
    const { desk, caller, asked } = askedDirectly(payload, broker, generateFields)
    return desk.service.generate(caller, tokensOf(asked), deadline)
  }),
})

type Asked = {
  readonly api_token: Secret
  readonly navigation_token: Secret
  readonly session: Secret | undefined
}

const tokensOf = ({ api_token, navigation_token, session }: Asked): PageTokens & Held => ({
  apiToken: api_token,
  navigationToken: navigation_token,
  session,
})

export const { handler, direct } = create(embedBrokerFromEnvironment(generating))
