// For the operator, after an incident and before a stage is removed: ends all embed sessions, or logs out all
// stored API tokens. By direct invocation alone; what one call leaves, the next one does.
import * as v from 'valibot'
import { longestSessionSeconds } from '../lib/config/longest-session.ts'
import { revocationBrokerFromEnvironment } from '../lib/embed-broker.ts'
import type { RevocationBroker } from '../lib/embed-broker.ts'
import { answerDirect } from '../lib/http/answer.ts'
import { parseFields } from '../lib/http/body.ts'
import { partError } from '../lib/tokens/failures.ts'

const name = 'revoke-everything'
const instantRule = 'write the `begun_at_ms` of the first answer'

const payloadFields = v.objectWithRest(
  {
    what: v.picklist(['sessions', 'tokens'], 'write sessions or tokens'),
    /** Of the first call: what came into being after it is left alone. */
    begun_at_ms: v.optional(
      v.pipe(v.number(instantRule), v.integer(instantRule), v.minValue(0, instantRule)),
    ),
  },
  v.never(),
)

export const create = (source: () => RevocationBroker) => ({
  direct: answerDirect(
    name,
    source,
    async (payload, { broker, deadline }) => {
      const asked = parseFields(payloadFields, payload)
      const nowAtMs = Math.floor(broker.clock.now())
      const begunAtMs = Math.min(nowAtMs, asked.begun_at_ms ?? nowAtMs)
      const revoke = asked.what === 'tokens' ? broker.revokeTokens : broker.revokeSessions
      if (!revoke) return notKept(broker)
      const counts = await revoke(begunAtMs, deadline).catch((error: unknown) => {
        throw partError(error)
      })
      return { begun_at_ms: begunAtMs, kept: true, ...counts }
    },
    // All that Lambda gives: no gateway waits for the answer.
    Infinity,
  ),
})

/** Where pages keep their sessions themselves, nobody knows them. */
const notKept = ({ tenant: { embed } }: RevocationBroker) => ({
  kept: false,
  longest_seconds: embed ? longestSessionSeconds(embed) : null,
})

export const { direct } = create(revocationBrokerFromEnvironment)
