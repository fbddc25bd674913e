// What may be the options of a source of tokens from the table. Pure; nothing is loaded or called here.
import * as v from 'valibot'
import { mapping, origin, required, text, whole } from '../config/schema.ts'
import type { Report } from '../events.ts'
import { clientSecretSchema } from '../tokens/client-secret.ts'
import { TokenError } from './token-error.ts'

const secretRule =
  'write the client secret, 8 to 256 visible characters, or leave it out for the stored one'

const schema = v.pipe(
  mapping({
    stage: required(
      text(/^[a-z][a-z0-9-]{0,17}$/, 'the stage: a letter, then letters, digits and -, up to 18'),
    ),
    // Not its ARN: records are sealed for the table's name.
    tableName: required(text(/^[\w.-]{3,255}$/, 'the name of the table, not its ARN')),
    keyId: required(text(/^[\w:/-]{1,2048}$/, 'the id, ARN or alias of the KMS key')),
    looker: v.optional(
      mapping({
        baseUrl: required(origin({ allowLoopback: true })),
        clientId: required(text(/^[\x21-\x7e]{1,128}$/, 'the client id, up to 128 characters')),
        clientSecret: v.optional(
          v.pipe(
            v.string(secretRule),
            v.check((value) => v.is(clientSecretSchema, value), secretRule),
          ),
        ),
      }),
      {},
    ),
    marginSeconds: v.optional(whole(10, 300, 'seconds'), 30),
    loginTimeoutSeconds: v.optional(whole(1, 10, 'seconds'), 5),
    dataKeyHours: v.optional(whole(1, 24, 'hours'), 24),
    region: v.optional(text(/^[a-z0-9-]{1,64}$/, 'an AWS region, as eu-central-1')),
    report: v.optional(
      v.custom<Report>((value) => typeof value === 'function', 'give a function, or leave it out'),
    ),
  }),
)

export type TableSettings = v.InferOutput<typeof schema>

/** Fills in defaults. Errors: `TokenError` `invalid-options`, naming every mistake and no value. */
export const parseTableOptions = (unverified: unknown): TableSettings => {
  const parsed = v.safeParse(schema, unverified ?? {})
  if (parsed.success) return parsed.output
  const mistakes = parsed.issues.map(
    (issue) => `${v.getDotPath(issue) ?? 'options'}: ${issue.message}`,
  )
  throw new TokenError('invalid-options', `Options cannot be used: ${mistakes.join('; ')}.`)
}
