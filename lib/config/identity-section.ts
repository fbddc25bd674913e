// Schema of the tenant file's section `identity`.
import { check, minLength, nullable, optional, pipe, string } from 'valibot'
import { isOrigin, list, mapping, required, text, whole } from './schema.ts'
import type { TenantOptions } from './schema.ts'

/** Namespaced names, as `https://acme.example/roles`, are names as well. */
export const claimName = () =>
  text(/^[\x21-\x7e]{1,128}$/, 'the name of a claim, 1 to 128 visible ASCII characters, no blanks')

export const identitySection = (options: TenantOptions) =>
  mapping({
    jwt: optional(nullable(jwtSection(options)), null),
    lambda: optional(nullable(lambdaSection()), null),
    signed_in_at_claim: optional(nullable(claimName()), null),
    device_claim: optional(nullable(claimName()), null),
  })

const jwtSection = (options: TenantOptions) =>
  mapping({
    issuer: required(issuer(options)),
    audience: optional(audience(), []),
  })

export const audience = () =>
  pipe(
    list(text(/^[^\p{Cc}]{1,256}$/u, 'an audience, 1 to 256 characters')),
    minLength(1, 'name at least one audience'),
  )

const lambdaSection = () =>
  mapping({
    function_arn: required(
      text(
        /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:(\$LATEST|[\w-]{1,128}))?$/,
        'the ARN of a Lambda function, with alias or version if need be',
      ),
    ),
    // A token is never in an address, so query strings are no source.
    identity_sources: optional(
      list(text(/^\$request\.header\.[\w-]{1,100}$/, 'a header, as $request.header.Cookie')),
      [],
    ),
    cache_seconds: optional(whole(0, 3600, 'seconds'), 0),
  })

const issuerRule = 'write the issuer as in its tokens: https://, a host name, a path if need be'

export const issuer = ({ allowLoopback }: TenantOptions) =>
  pipe(
    string(issuerRule),
    check((value) => isIssuer(value, allowLoopback), issuerRule),
  )

const isIssuer = (value: string, allowLoopback: boolean): boolean => {
  if (!/^[\x21-\x7e]{1,512}$/.test(value) || /[?#@\\]/.test(value) || !URL.canParse(value))
    return false
  const { origin, href } = new URL(value)
  // Equality refuses what the gateway would read otherwise than it is written: dots and capitals.
  return (href === value || href === `${value}/`) && isOrigin(origin, allowLoopback)
}
