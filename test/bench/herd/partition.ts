// One partition of DynamoDB as a model: how many calls it would have refused. All calls of a herd go to
// one item, so they meet in one partition.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html
import type { StoreCall } from './store-calls.ts'

const unitsPerSecond = { read: 3_000, write: 1_000 }

/** Two buckets that hold one second's units, full at the start; a refused call takes nothing. */
export const throttlesOf = (calls: readonly StoreCall[]): number => {
  const buckets = { read: bucketOf(unitsPerSecond.read), write: bucketOf(unitsPerSecond.write) }
  const inOrder = calls.toSorted((a, b) => a.atMs - b.atMs)
  return inOrder.filter((call) => !buckets[sideOf(call)](call.atMs, unitsOf(call))).length
}

const sideOf = ({ kind }: StoreCall): 'read' | 'write' =>
  kind === 'read' || kind === 'consistent-read' ? 'read' : 'write'

const unitsOf = ({ kind }: StoreCall): number => (kind === 'read' ? 0.5 : 1)

const bucketOf = (perSecond: number): ((atMs: number, units: number) => boolean) => {
  let left = perSecond
  let lastAtMs: number | undefined
  return (atMs, units) => {
    left = Math.min(perSecond, left + ((atMs - (lastAtMs ?? atMs)) / 1000) * perSecond)
    lastAtMs = atMs
    if (left < units) return false
    left -= units
    return true
  }
}
