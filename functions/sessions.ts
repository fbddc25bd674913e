// `/sessions` for administrators: `GET` lists, `DELETE /sessions/{id}` ends one and `DELETE /sessions?user=` all
// of a user. And the twin of all for direct invocation.
import * as v from 'valibot'
import { adminBrokerFromEnvironment } from '../lib/embed-broker.ts'
import { BrokerError } from '../lib/errors.ts'
import {
  askedByAdministrator,
  askedByBackend,
  fieldsOfQuery,
  listFields,
  userField,
} from '../lib/http/admin-call.ts'
import type { AdminSource } from '../lib/http/admin-call.ts'
import { answerDirect, answerHttp } from '../lib/http/answer.ts'
import { parseFields } from '../lib/http/body.ts'
import { assertNoQuery } from '../lib/http/event.ts'

const name = 'sessions'

const text = v.string('write a text')
/** What an action takes and nothing else: an end that names somebody besides its id could mean either. */
const payloadFields = v.variant(
  'action',
  [
    v.objectWithRest(
      {
        action: v.literal('list'),
        user: v.optional(text),
        cursor: v.optional(text),
        limit: v.optional(v.number('write a number')),
      },
      v.never(),
    ),
    v.objectWithRest({ action: v.literal('end'), id: text }, v.never()),
    v.objectWithRest({ action: v.literal('end-all'), user: text }, v.never()),
  ],
  'write list, end or end-all',
)

export const create = (source: AdminSource) => ({
  handler: answerHttp(name, source, async (request, { broker, deadline }) => {
    const administration = askedByAdministrator(request, broker)
    const query = fieldsOfQuery(request)
    const { method, id } = request
    if (method === 'DELETE' && id !== undefined) {
      assertNoQuery(request)
      return administration.endOne(id, deadline)
    }
    if (method === 'GET') return administration.list(listFields(query), deadline)
    if (method === 'DELETE') return administration.endAll(userField(query), deadline)
    throw new BrokerError('not-found', 'Sessions are listed by GET and ended by DELETE.')
  }),
  direct: answerDirect(name, source, async (payload, { broker, deadline }) => {
    const administration = askedByBackend(broker)
    const asked = parseFields(payloadFields, payload)
    if (asked.action === 'end') return administration.endOne(asked.id, deadline)
    const { action, ...fields } = asked
    if (action === 'list') return administration.list(listFields(fields), deadline)
    return administration.endAll(userField(fields), deadline)
  }),
})

export const { handler, direct } = create(adminBrokerFromEnvironment)
