// Which faults the simulated Looker is to show, for which operation, and for how long. What a fault
// looks like on the wire is in faulty-replies.ts.
import * as v from 'valibot'
import { operationSchema, type Operation } from './operations.ts'

/**
 * `status`, `html404`, `redirect`, `hang` and `reset` come in place of the operation. `drip`,
 * `half-body`, `empty-body`, `malformed-json`, `oversize-body` and `wrong-workspace` spoil the answer
 * after the operation took effect. `slow` delays it; `none` lets one call of a queue pass.
 */
export const faultSchema = v.variant('kind', [
  v.object({
    kind: v.literal('status'),
    status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
    /** For example `{ 'retry-after': '5' }`. */
    headers: v.optional(v.record(v.string(), v.string())),
    /** Default: an error as Looker writes it. */
    body: v.optional(v.string()),
  }),
  v.object({ kind: v.literal('html404') }),
  v.object({ kind: v.literal('redirect'), location: v.optional(v.string()) }),
  v.object({ kind: v.literal('hang') }),
  v.object({ kind: v.literal('reset') }),
  /** One byte every `ms` milliseconds; default 50. */
  v.object({ kind: v.literal('drip'), ms: v.optional(v.number()) }),
  v.object({ kind: v.literal('half-body') }),
  v.object({ kind: v.literal('empty-body') }),
  v.object({ kind: v.literal('malformed-json') }),
  /** A valid answer among many blanks; `declared` says so in Content-Length. Default: 1 MiB. */
  v.object({
    kind: v.literal('oversize-body'),
    bytes: v.optional(v.number()),
    declared: v.optional(v.boolean()),
  }),
  v.object({ kind: v.literal('wrong-workspace') }),
  v.object({ kind: v.literal('slow'), ms: v.number() }),
  v.object({ kind: v.literal('none') }),
])

export const faultTargetSchema = v.union([operationSchema, v.literal('every')])

export type Fault = v.InferOutput<typeof faultSchema>
export type FaultTarget = Operation | 'every'

export type Faults = {
  /** From now on, until cleared. */
  readonly set: (target: FaultTarget, fault: Fault) => void
  /** For the next calls, one each, before any standing fault. */
  readonly queue: (target: FaultTarget, faults: readonly Fault[]) => void
  /** Every call is a 503 until then, whatever else is set; the other faults are kept. */
  readonly beAwayUntil: (atMs: number) => void
  /** The fault of the call that just came in; takes it out of the queue. */
  readonly take: (operation: Operation) => Fault | undefined
  readonly clear: () => void
  /** Kinds alone: a body given for a fault could hold anything. */
  readonly list: () => readonly { target: FaultTarget; kind: Fault['kind']; standing: boolean }[]
}

const away: Fault = { kind: 'status', status: 503 }

export const createFaults = (now: () => number): Faults => {
  const standing = new Map<FaultTarget, Fault>()
  let queued: { target: FaultTarget; fault: Fault }[] = []
  let awayUntilMs = 0
  const isAway = () => now() < awayUntilMs

  const takeQueued = (operation: Operation) => {
    const first = queued.find(({ target }) => target === operation || target === 'every')
    queued = queued.filter((entry) => entry !== first)
    return first?.fault
  }

  return {
    set: (target, fault) => {
      standing.set(target, fault)
    },
    queue: (target, faults) => {
      queued.push(...faults.map((fault) => ({ target, fault })))
    },
    beAwayUntil: (atMs) => {
      awayUntilMs = atMs
    },
    take: (operation) => {
      if (isAway()) return away
      return takeQueued(operation) ?? standing.get(operation) ?? standing.get('every')
    },
    clear: () => {
      standing.clear()
      queued = []
      awayUntilMs = 0
    },
    list: () => [
      ...(isAway() ? [{ target: 'every' as const, kind: away.kind, standing: true }] : []),
      ...queued.map(({ target, fault }) => ({ target, kind: fault.kind, standing: false })),
      ...[...standing].map(([target, fault]) => ({ target, kind: fault.kind, standing: true })),
    ],
  }
}
