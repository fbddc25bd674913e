// Embed sessions that only their pages keep (`store: client`). Nothing is remembered here, so there is no
// single start for several tabs, no count of acquires, no tombstone, and no memory of newer claims: older
// ones that bring no session of theirs start one.
import type { EmbedCaller } from '../identity/embed-caller.ts'
import { atMost, type Deadline } from '../time.ts'
import { createClientAcquire } from './client-acquire.ts'
import { clientKeyOf, clientRecordsOf, type ClientRecords } from './client-record.ts'
import { createConfirm } from './confirm.ts'
import { toldError } from './failures.ts'
import { createGenerate } from './generate.ts'
import type { Keeper, Kept } from './keeper.ts'
import type { EmbedParts } from './parts.ts'
import { persistently } from './persistently.ts'
import type { EmbedService, Held } from './service.ts'
import type { SessionRecord } from './session-record.ts'
import { stateOf } from './state.ts'
import { whoseSession } from './whose.ts'

export type ClientParts = Omit<EmbedParts, 'store'>

export const createClientSessions = (parts: ClientParts): EmbedService => ({
  acquire: createClientAcquire(parts, clientRecordsOf(parts)),
  generate: createClientGenerate(parts),
  state: createClientState(parts),
  end: createClientEnd(parts),
})

export const createClientGenerate = (parts: ClientParts): EmbedService['generate'] =>
  createGenerate(parts, createPageKeeper(parts, clientRecordsOf(parts)))

export const createClientState = (parts: ClientParts): EmbedService['state'] => {
  const open = createOpen(parts, clientRecordsOf(parts))
  return async (caller, held, deadline) => {
    const record = await open(caller, held, deadline)
    return stateOf(record, caller, parts.clock.now())
  }
}

type InPage = Kept & { readonly caller: EmbedCaller }

const createPageKeeper = (
  { service, report }: ClientParts,
  records: ClientRecords,
): Keeper<InPage> => {
  const whose = (caller: EmbedCaller) => whoseSession(clientKeyOf(service.instance, caller))
  return {
    whose,
    find: async (caller, held) => {
      const record = await records.open(caller, held)
      return record && { record, caller, version: record.reference.digest() }
    },
    end: async ({ caller }, reason) => {
      report({ name: 'session-ended', reason, ...whose(caller) })
    },
    renew: async ({ caller }, record) => ({
      stands: true,
      session: await records.seal(caller, record),
    }),
  }
}

/** Without a tombstone: what keeps the page from new tokens afterwards is Looker alone. */
export const createClientEnd = (parts: ClientParts): EmbedService['end'] => {
  const { clock, report, service } = parts
  const open = createOpen(parts, clientRecordsOf(parts))
  const confirm = createConfirm(parts)
  return async (caller, { by, ...held }, deadline) => {
    const record = await open(caller, held, deadline)
    if (!record || record.expiresAtMs <= clock.now()) return { ended: true, confirmed: true }
    const whose = whoseSession(clientKeyOf(service.instance, caller))
    const confirmed = await confirm({ open: async () => record, whose }, deadline)
    const reason = by === 'user' ? 'signed-out' : 'administrator'
    if (confirmed) report({ name: 'session-ended', reason, ...whose })
    return { ended: true, confirmed }
  }
}

const budgetMs = 2_000

/** Errors: `keys-unavailable`. */
const createOpen =
  (parts: ClientParts, records: ClientRecords) =>
  async (
    caller: EmbedCaller,
    held: Held,
    deadline: Deadline,
  ): Promise<SessionRecord | undefined> => {
    const until = atMost(parts.clock, budgetMs, deadline)
    try {
      return await persistently(parts, until, () => records.open(caller, held))
    } catch (error) {
      throw toldError(error)
    }
  }
