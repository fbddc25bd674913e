// What is sealed in a token's item, as JSON in UTF-8. Reading is strict: anything else is a broken seal.
import * as v from 'valibot'
import type { Opened } from '../crypto/sealer.ts'
import { SealError } from '../errors.ts'
import { Secret } from '../secret.ts'
import type { Token } from './token.ts'

/** The client secret that made a token, and its version in the table. */
export type KnownSecret = { readonly secret: Secret; readonly version: number }

/**
 * Stands in the record of the service account's token beside it, so that whoever may use the token can
 * also replace it when the table is away.
 */
export type TokenRecord = { readonly token: Token; readonly clientSecret?: KnownSecret }

const text = v.pipe(v.string(), v.minLength(1))
const instant = v.pipe(v.number(), v.integer(), v.minValue(0))
const schema = v.strictObject({
  access_token: text,
  issued_at_ms: instant,
  client_secret: v.optional(text),
  client_secret_version: v.optional(instant),
})

export const encodeTokenRecord = ({ token, clientSecret }: TokenRecord): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      access_token: token.secret.reveal(),
      issued_at_ms: token.issuedAtMs,
      client_secret: clientSecret?.secret.reveal(),
      client_secret_version: clientSecret?.version,
    }),
    'utf8',
  )

/** Errors: `SealError` when the record is not one that `encodeTokenRecord` writes. */
export const decodeTokenRecord = (opened: Opened, generation: number): TokenRecord => {
  const record = v.safeParse(schema, parseJson(opened.plaintext))
  if (!record.success) throw new SealError('the sealed record is not a token')
  const { access_token, issued_at_ms, client_secret, client_secret_version } = record.output
  const token: Token = {
    secret: new Secret(access_token),
    issuedAtMs: issued_at_ms,
    expiresAtMs: opened.expiresAtMs,
    generation,
    dataKey: opened.dataKey,
  }
  if (client_secret === undefined || client_secret_version === undefined) return { token }
  return {
    token,
    clientSecret: { secret: new Secret(client_secret), version: client_secret_version },
  }
}

const parseJson = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // The parser's own error would quote the record.
    return undefined
  }
}
