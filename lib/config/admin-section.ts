// Schema of the tenant file's section `admin`.
import { boolean, minLength, nullable, optional, pipe } from 'valibot'
import { audience, issuer } from './identity-section.ts'
import { about, list, mapping, origin, required, text } from './schema.ts'
import type { TenantOptions } from './schema.ts'

export const adminSection = (options: TenantOptions) =>
  mapping({
    jwt: optional(nullable(jwtSection(options)), null),
    iam: optional(
      about(
        'IAM roles that may see and end sessions.',
        list(mapping(iamRole())),
        'a list of entries with the next two keys',
      ),
      [],
    ),
    origins: optional(
      about(
        'Where the Sessions page is served.',
        list(origin(options)),
        'a list of origins (see below)',
      ),
      [],
    ),
    direct: optional(
      about(
        'Whether whoever may invoke the direct function may see and end sessions.',
        boolean('write true or false'),
      ),
      false,
    ),
  })

const jwtSection = (options: TenantOptions) =>
  mapping({
    issuer: required(
      about(
        'Who signs the tokens of administrators, as in them letter by letter. Exactly one of `jwt` and `iam`.',
        issuer(options),
      ),
    ),
    audience: optional(
      about("One of them must be the token's `aud` or `client_id`.", audience()),
      [],
    ),
    scopes: optional(
      about(
        "One of them must be in the token's `scope` or `scp`.",
        pipe(
          // RFC 6749 section 3.3
          list(text(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'a scope, 1 to 128 visible characters')),
          minLength(
            1,
            'name at least one scope: without one, whoever signs in would be an administrator',
          ),
        ),
        'a list of at least one',
      ),
      [],
    ),
  })

export const iamRole = () => ({
  account: required(
    about(
      'AWS account of the role.',
      text(/^\d{12}$/, 'the 12 digits of the AWS account in quotes (else a leading zero is lost)'),
      '12 digits, in quotes',
    ),
  ),
  role: required(
    about(
      'Name of an IAM role of that account, every session of it included.',
      text(/^[\w+=,.@-]{1,64}$/, 'the name of the IAM role, without path or ARN'),
    ),
  ),
})
