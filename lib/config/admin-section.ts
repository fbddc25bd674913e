// Schema of the tenant file's section `admin`.
import { boolean, minLength, nullable, optional, pipe } from 'valibot'
import { audience, issuer } from './identity-section.ts'
import { list, mapping, origin, required, text } from './schema.ts'
import type { TenantOptions } from './schema.ts'

export const adminSection = (options: TenantOptions) =>
  mapping({
    jwt: optional(nullable(jwtSection(options)), null),
    iam: optional(list(mapping(iamRole())), []),
    origins: optional(list(origin(options)), []),
    direct: optional(boolean('write true or false'), false),
  })

const jwtSection = (options: TenantOptions) =>
  mapping({
    issuer: required(issuer(options)),
    audience: optional(audience(), []),
    scopes: optional(
      pipe(
        // RFC 6749 section 3.3
        list(text(/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/, 'a scope, 1 to 128 visible characters')),
        minLength(
          1,
          'name at least one scope: without one, whoever signs in would be an administrator',
        ),
      ),
      [],
    ),
  })

export const iamRole = () => ({
  account: required(
    text(/^\d{12}$/, 'the 12 digits of the AWS account in quotes (else a leading zero is lost)'),
  ),
  role: required(text(/^[\w+=,.@-]{1,64}$/, 'the name of the IAM role, without path or ARN')),
})
