// Signature version 4, verified by making the signature again with the secret of a local test key.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { createHash, timingSafeEqual } from 'node:crypto'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import type { GatewayRequest } from './request.ts'

/** A made-up access key and the session of an assumed role that it stands for. */
export type LocalKey = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly account: string
  readonly roleName: string
  readonly sessionName: string
}

export type SignatureRules = {
  readonly keys: readonly LocalKey[]
  readonly region: string
  readonly service: 'execute-api' | 'lambda'
  readonly nowAtMs: number
}

const maxSkewMs = 5 * 60_000

/** The key that signed the request; undefined if none did, or not for this service, region and time. */
export const signerOf = async (
  request: GatewayRequest,
  rules: SignatureRules,
): Promise<LocalKey | undefined> => {
  const claim = claimOf(request)
  if (claim === undefined || !isInScope(claim, rules) || !hasOwnBodyHash(request)) return undefined
  const key = rules.keys.find(({ accessKeyId }) => accessKeyId === claim.accessKeyId)
  if (key === undefined) return undefined
  return sameText(await signatureBy(key, { claim, request, rules }), claim.signature)
    ? key
    : undefined
}

type Claim = {
  readonly accessKeyId: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly signedAtMs: number
}

const authorizationForm =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/[^/]+\/[^/]+\/aws4_request,\s*SignedHeaders=([a-z0-9;-]+),\s*Signature=([0-9a-f]{64})$/
const dateForm = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/

const claimOf = ({ headers }: GatewayRequest): Claim | undefined => {
  const parts = authorizationForm.exec(headers['authorization'] ?? '')
  const date = headers['x-amz-date'] ?? ''
  if (parts === null || !dateForm.test(date)) return undefined
  const [, accessKeyId = '', names = '', signature = ''] = parts
  return {
    accessKeyId,
    signedHeaders: names.split(';'),
    signature,
    signedAtMs: Date.parse(date.replace(dateForm, '$1-$2-$3T$4:$5:$6Z')),
  }
}

// Service, region, day and date header need no look: the signature made again holds ours.
const isInScope = (claim: Claim, rules: SignatureRules): boolean =>
  claim.signedHeaders.includes('host') && Math.abs(rules.nowAtMs - claim.signedAtMs) <= maxSkewMs

// The signer believes this header instead of hashing the body.
const hasOwnBodyHash = ({ headers, body }: GatewayRequest): boolean => {
  const given = headers['x-amz-content-sha256']
  return given === undefined || given === createHash('sha256').update(body).digest('hex')
}

const signatureBy = async (
  key: LocalKey,
  { claim, request, rules }: { claim: Claim; request: GatewayRequest; rules: SignatureRules },
): Promise<string> => {
  const signer = new SignatureV4({
    credentials: key,
    region: rules.region,
    service: rules.service,
    sha256: Sha256,
    applyChecksum: false,
  })
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: 'http:',
      hostname: request.headers['host'] ?? '',
      path: request.path,
      query: queryBag(request.query),
      headers: signedHeadersOf(request, claim),
      body: request.body,
    },
    {
      signingDate: new Date(claim.signedAtMs),
      signableHeaders: new Set(claim.signedHeaders),
    },
  )
  return /Signature=([0-9a-f]{64})$/.exec(signed.headers['authorization'] ?? '')?.[1] ?? ''
}

const signedHeadersOf = (request: GatewayRequest, claim: Claim): Record<string, string> =>
  Object.fromEntries(claim.signedHeaders.map((name) => [name, request.headers[name] ?? '']))

const queryBag = (query: string): Record<string, string[]> => {
  const bag: Record<string, string[]> = {}
  for (const [name, value] of new URLSearchParams(query)) (bag[name] ??= []).push(value)
  return bag
}

const sameText = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))
