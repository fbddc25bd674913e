// Schema of the tenant file's section `identity`.
import { check, metadata, minLength, nullable, optional, pipe, string } from 'valibot'
import { about, isOrigin, list, mapping, required, text, whole } from './schema.ts'
import type { TenantOptions } from './schema.ts'

/** Namespaced names, as `https://acme.example/roles`, are names as well. */
export const claimName = () =>
  text(/^[\x21-\x7e]{1,128}$/, 'the name of a claim, 1 to 128 visible ASCII characters, no blanks')

export const identitySection = (options: TenantOptions) =>
  mapping({
    jwt: optional(nullable(jwtSection(options)), null),
    lambda: optional(nullable(lambdaSection()), null),
    signed_in_at_claim: optional(
      about(
        'When the user last signed in, epoch seconds. `null`: `auth_time`. Without that claim `iat` counts.',
        nullable(claimName()),
      ),
      null,
    ),
    device_claim: optional(
      about(
        'A claim that is another in each browser; a user without it is refused. Not with `store: client`.',
        nullable(claimName()),
      ),
      null,
    ),
  })

const jwtSection = (options: TenantOptions) =>
  mapping({
    issuer: required(
      about(
        "Issuer of the users' tokens, as its tokens write it; a closing slash counts.",
        issuer(options),
      ),
    ),
    audience: optional(
      about(
        'Audiences that are accepted. The gateway compares with `aud`, or with `client_id` where a token has no `aud`.',
        audience(),
      ),
      [],
    ),
  })

export const audience = () =>
  pipe(
    list(text(/^[^\p{Cc}]{1,256}$/u, 'an audience, 1 to 256 characters')),
    minLength(1, 'name at least one audience'),
    metadata({ values: 'a list of at least one' }),
  )

const lambdaSection = () =>
  mapping({
    function_arn: required(
      about(
        'A Lambda authorizer of your own, instead of `jwt`; its context is the claims.',
        text(
          /^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]{1,64}(:(\$LATEST|[\w-]{1,128}))?$/,
          'the ARN of a Lambda function, with alias or version if need be',
        ),
      ),
    ),
    // A token is never in an address, so query strings are no source.
    identity_sources: optional(
      about(
        'Headers without which a request is refused unasked.',
        list(text(/^\$request\.header\.[\w-]{1,100}$/, 'a header, as $request.header.Cookie')),
        'a list, as `$request.header.Cookie`',
      ),
      [],
    ),
    cache_seconds: optional(
      about(
        "How long the gateway keeps an answer. More than 0 needs `identity_sources`, and beside a cookie `$request.header.Sec-Fetch-Site`: else an answer for the page serves another site's request too.",
        whole(0, 3600, 'seconds'),
      ),
      0,
    ),
  })

const issuerRule =
  'write the issuer as in its tokens: https://, a host name in lower case (no IP address, not this machine), a path if need be'

export const issuer = ({ allowLoopback }: TenantOptions) =>
  pipe(
    string(issuerRule),
    check((value) => isIssuer(value, allowLoopback), issuerRule),
    metadata({ values: '`https://`, a host name, a path if need be' }),
  )

const isIssuer = (value: string, allowLoopback: boolean): boolean => {
  if (!/^[\x21-\x7e]{1,512}$/.test(value) || /[?#@\\]/.test(value) || !URL.canParse(value))
    return false
  const { origin, href } = new URL(value)
  // Equality refuses what the gateway would read otherwise than it is written: dots and capitals.
  return (href === value || href === `${value}/`) && isOrigin(origin, allowLoopback)
}
