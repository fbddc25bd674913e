// What the functions of embed sessions have in common: who asks, for which page, and what may be in a
// body. Whatever is wrong with one of these is refused before the service is asked.
import * as v from 'valibot'
import type { Base } from '../broker.ts'
import type { EmbedBroker, EmbedDesk } from '../embed-broker.ts'
import type { EmbedService } from '../embed/service.ts'
import type { EmbedSettings } from '../config/embed.ts'
import { BrokerError } from '../errors.ts'
import { parseClaims, parseGivenClaims } from '../identity/claims.ts'
import type { EmbedCaller, Visitor } from '../identity/embed-caller.ts'
import { Secret } from '../secret.ts'
import { parseBody, parseFields } from './body.ts'
import { assertNoQuery } from './event.ts'
import type { HttpRequest } from './event.ts'
import { judgedPage, pageOf } from './page.ts'
import type { PageRules } from './page.ts'

type Call = keyof EmbedService
export type EmbedSource<K extends Call> = () => EmbedBroker<K>

type Fields = v.ObjectEntries
/** The fields of a body; every other one is refused by its name. */
type FieldsOf<F extends Fields> = (settings: EmbedSettings) => F
type Asked<F extends Fields, K extends Call> = {
  readonly desk: EmbedDesk<K>
  readonly caller: EmbedCaller
  readonly asked: v.InferOutput<v.ObjectSchema<F, undefined>>
}

/** Room for two tokens and a sealed session. */
const mostBytes = 20 * 1024

/**
 * What a page asks for. Errors: `not-found` where the tenant does not embed, `unauthenticated`,
 * `forbidden` for a user without a role, those of `pageOf`, `invalid-request`.
 */
export const askedByPage = <F extends Fields, K extends Call>(
  request: HttpRequest,
  broker: EmbedBroker<K>,
  fieldsOf: FieldsOf<F>,
): Asked<F, K> => {
  const desk = deskOf(broker)
  const visitor = desk.visitorOf(parseClaims(request.unverifiedAuthorizer))
  const page = pageOf(request.headers, rulesFor(visitor, broker, desk), request.address)
  assertNoQuery(request)
  const asked = parseBody(strict(fieldsOf(desk.settings)), request.body, mostBytes)
  return { desk, caller: { visitor, page }, asked }
}

/**
 * What a backend asks for in the name of a page. Errors: those of `askedByPage`; `forbidden` besides
 * where the tenant file does not allow it.
 */
export const askedDirectly = <F extends Fields, K extends Call>(
  payload: unknown,
  broker: EmbedBroker<K>,
  fieldsOf: FieldsOf<F>,
): Asked<F, K> => {
  const desk = deskOf(broker)
  if (!desk.settings.direct) {
    throw new BrokerError('forbidden', 'The tenant file gives direct callers no embed sessions.')
  }
  const asked = parseFields(strict({ ...fieldsOf(desk.settings), ...page }), payload)
  const visitor = desk.visitorOf(parseGivenClaims(asked.claims))
  const told = { userAgent: asked.user_agent, origin: asked.embed_domain, deviceKey: asked.device }
  return {
    desk,
    caller: { visitor, page: judgedPage(told, rulesFor(visitor, broker, desk)) },
    asked,
  }
}

const strict = <F extends Fields>(fields: F) => v.objectWithRest(fields, v.never())

const deskOf = <K extends Call>({ embed }: EmbedBroker<K>): EmbedDesk<K> => {
  if (embed) return embed
  throw new BrokerError('not-found', 'This stage has no embed sessions.')
}

const rulesFor = (
  visitor: Visitor,
  broker: Pick<Base, 'tenant'>,
  desk: Pick<EmbedDesk, 'settings'>,
): PageRules => ({
  origins: broker.tenant.origins,
  domain: desk.settings.domain,
  visitorDomains: visitor.domains,
  recorded: desk.settings.session_policy?.session_location
    ? { edge: desk.settings.session_policy.edge }
    : undefined,
})

const text = v.string('write a text')

/** Of a direct payload: what claims and headers are of a page's request. */
const page = {
  claims: v.optional(v.unknown()),
  user_agent: v.optional(text),
  embed_domain: v.optional(text),
  device: v.optional(text),
}

const secret = (pattern: RegExp, message: string) =>
  v.pipe(
    text,
    v.regex(pattern, message),
    v.transform((given) => new Secret(given)),
  )

const token = secret(/^[\x21-\x7e]{1,4096}$/, 'write the token, up to 4,096 visible characters')
const session = secret(/^[\w-]{1,8192}$/, 'write the session as it was answered')

/** The page's sealed session, where the tenant keeps nothing on the server; else an unknown field. */
export const heldFields = ({ store }: EmbedSettings): { readonly session: HeldSchema } => ({
  session: store === 'client' ? v.optional(session) : v.optional(v.never()),
})

type HeldSchema = v.GenericSchema<unknown, Secret | undefined>

/** A page that starts a session may ask to stay signed in. */
export const acquireFields = (settings: EmbedSettings) => ({
  stay_signed_in: v.optional(v.boolean('write true or false'), false),
  ...heldFields(settings),
})

const idleSeconds = v.pipe(
  v.number('write a number'),
  v.integer('write whole seconds'),
  v.minValue(0, 'write 0 to 86400'),
  v.maxValue(86_400, 'write 0 to 86400'),
)

/** Seconds since the user last did something. */
export const activityFields = () => ({ idle_seconds: idleSeconds })

export const generateFields = (settings: EmbedSettings) => ({
  api_token: token,
  navigation_token: token,
  ...heldFields(settings),
})

/** Of the direct twin of the routes of `/embed-session`. */
export const sessionFields = (settings: EmbedSettings) => ({
  action: v.picklist(
    ['state', 'extend', 'activity', 'end'],
    'write state, extend, activity or end',
  ),
  /** For `activity`. */
  idle_seconds: v.optional(idleSeconds, 0),
  /** Who ends the session; an administrator's end asks for a new sign-in. Default: the user. */
  by: v.optional(v.picklist(['user', 'administrator'], 'write user or administrator'), 'user'),
  ...heldFields(settings),
})
