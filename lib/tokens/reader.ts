// From an item of the table to the best token this process knows. A token already in memory is not
// opened again; a record that does not open is as good as absent.
import { SealError } from '../errors.ts'
import { whose } from '../events.ts'
import type { TokenItem } from '../store/token-store.ts'
import type { Parts } from './parts.ts'
import type { Principal } from './principal.ts'
import { decodeTokenRecord } from './token-record.ts'
import type { Token } from './token.ts'

export const tokenKind = 'api-token'

/** Errors: `KeysError`. */
export type TokenReader = (
  principal: Principal,
  item: TokenItem | undefined,
) => Promise<Token | undefined>

export const createTokenReader =
  (parts: Pick<Parts, 'sealer' | 'memory' | 'clientSecret' | 'report'>): TokenReader =>
  async (principal, item) => {
    const revoked = item?.revokedGeneration
    if (revoked !== undefined) parts.memory.drop(principal, revoked)
    const held = parts.memory.get(principal)
    if (!item?.sealed || held?.generation === item.sealed.generation) return held
    try {
      const token = await open(parts, item, item.sealed)
      if (token.generation === revoked) return { ...token, revoked: true }
      return parts.memory.keep(principal, token)
    } catch (error) {
      if (!(error instanceof SealError)) throw error
      parts.report({
        name: 'item-unreadable',
        generation: item.sealed.generation,
        ...whose(principal),
      })
      return held
    }
  }

const open = async (
  { sealer, clientSecret }: Pick<Parts, 'sealer' | 'clientSecret'>,
  { key }: TokenItem,
  { frame, generation }: { frame: Uint8Array; generation: number },
): Promise<Token> => {
  const opened = await sealer.open(frame, { key, kind: tokenKind, generation })
  const record = decodeTokenRecord(opened, generation)
  if (record.clientSecret) clientSecret.learn(record.clientSecret)
  return record.token
}
