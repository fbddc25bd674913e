// Who an event of an embed session is about, as far as a log may know. Pure.
import type { WhoseSession } from '../events.ts'
import type { ItemKey } from '../store/token-store.ts'
import { digestOf } from './session-key.ts'

const characters = 12

export const whoseSession = ({ partition, sort }: ItemKey): WhoseSession => {
  const [, , user = ''] = partition.split('#')
  return { user: shortOf(user), device: shortOf(sort) }
}

/** Long enough to tell users apart, and no name. */
const shortOf = (text: string): string => digestOf(text).slice(0, characters)
