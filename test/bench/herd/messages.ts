// What is said between the one who lets a herd of processes loose and each of the processes.
import * as v from 'valibot'

export const subjects = ['broker', 'lease-off', 'sdk-node'] as const

const order = v.variant('do', [
  /** Become a cold environment; connections may stay open, as they do between two Lambda calls. */
  v.object({
    do: v.literal('prepare'),
    subject: v.picklist(subjects),
    tableName: v.string(),
    lookerUrl: v.string(),
    kmsUrl: v.string(),
    dynamoDbUrl: v.string(),
  }),
  /** Ask for the token at this instant (epoch milliseconds). */
  v.object({ do: v.literal('ask'), atMs: v.number() }),
])

const storeCall = v.object({
  kind: v.picklist(['read', 'consistent-read', 'lease', 'write']),
  atMs: v.number(),
})

const reply = v.variant('is', [
  v.object({ is: v.literal('ready') }),
  v.object({
    is: v.literal('done'),
    /** Absent when no token was had. */
    outcome: v.optional(v.object({ waitMs: v.number(), digest: v.string() })),
    storeCalls: v.array(storeCall),
  }),
])

export type Order = v.InferOutput<typeof order>
export type Preparation = Omit<Extract<Order, { do: 'prepare' }>, 'do'>
export type Reply = v.InferOutput<typeof reply>
export type Done = Extract<Reply, { is: 'done' }>

export const parseOrder = (unverified: unknown): Order => v.parse(order, unverified)
export const parseReply = (unverified: unknown): Reply => v.parse(reply, unverified)
