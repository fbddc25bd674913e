// What a cold function meets: a table that holds a fresh token and nothing else, and KMS, both behind one address
// of this machine. Over TLS, because that is what the AWS client is made for: for plain http it loads half of Node.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import * as v from 'valibot'
import { keyAttributes } from '../../../lib/store/items.ts'
import type { TokenItem } from '../../../lib/store/token-store.ts'
import { itemKeyOf } from '../../../lib/tokens/principal.ts'
import type { KmsDouble } from '../../../local/kms/double.ts'
import { answer as answerOfKms } from '../../../local/kms/wire.ts'
import { createCertificate, startTlsFront } from '../../../local/tls-front.ts'
import { createFleet, service, stage, tableName, tenantOf } from '../../scenarios/fleet.ts'

const account = '123456789012'
const keyId = 'alias/looker-token-broker-local'
export const origin = 'https://app.customer.example'

/** Every function has something to do for it. */
export const coldTenant = () =>
  tenantOf({
    api_tokens: { direct: { service_account: true } },
    origins: [origin],
    identity: { jwt: { issuer: 'https://login.customer.example', audience: ['looker'] } },
    embed: { direct: true, user: { external_user_id: { claim: 'sub' } } },
    admin: { iam: [{ account, role: 'bench' }], direct: true },
  })

export type World = Awaited<ReturnType<typeof startWorld>>

export const startWorld = async () => {
  const tenant = coldTenant()
  const fleet = await createFleet({ tenant })
  await fleet.ask(fleet.coldStart())
  const item = wireItemOf(await fleet.store.read(itemKeyOf(service)))
  const wrapped = wrappedIn(fleet.kms)
  const certificate = await createCertificate()
  const aws = await startTlsFront({ certificate, answer: answering(item, fleet.kms) })
  const folder = await mkdtemp(join(tmpdir(), 'looker-token-broker-cold-'))
  const trusted = join(folder, 'certificate.pem')
  await writeFile(trusted, certificate.cert)
  return {
    folder,
    tenant,
    key: { pk: item.pk, sk: item.sk },
    wrapped,
    /** As Lambda gives it, but for where AWS is. */
    environment: {
      STAGE: stage,
      TABLE_NAME: tableName,
      KEY_ID: keyId,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example-key',
      AWS_SESSION_TOKEN: 'example-session',
      AWS_ENDPOINT_URL: `https://127.0.0.1:${aws.port}`,
      NODE_EXTRA_CA_CERTS: trusted,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    },
    close: async () => {
      await aws.close()
      await rm(folder, { recursive: true })
    },
  }
}

const wireItemOf = (item: TokenItem | undefined) => {
  if (!item?.sealed) throw new Error('the table holds no token')
  const { frame, generation } = item.sealed
  return {
    ...keyAttributes(item.key),
    generation: { N: String(item.generation) },
    sealed: { B: Buffer.from(frame).toString('base64') },
    token_generation: { N: String(generation) },
    used_generation: { N: String(generation) },
  }
}

/** For who encrypts without a broker. */
const wrappedIn = (kms: KmsDouble) => {
  const context = { stage, table: tableName }
  const outcome = kms.generateDataKey(keyId, context)
  if (!('answer' in outcome)) throw new Error('KMS gave no key')
  return { context, blob: outcome.answer.wrapped.toString('base64') }
}

const answering = (item: ReturnType<typeof wireItemOf>, kms: KmsDouble): RequestListener => {
  const answerTo = (target: string, body: unknown): object | undefined => {
    if (target.endsWith('.Query')) return { Items: [], Count: 0, ScannedCount: 0 }
    if (target.endsWith('.GetItem')) return keyIn(body) === item.pk.S ? { Item: item } : {}
    const outcome = answerOfKms(kms, target, body)
    return 'answer' in outcome ? outcome.answer : undefined
  }
  return (request, response) => {
    void json(request).then((body) => {
      const answer = answerTo(String(request.headers['x-amz-target']), body)
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
      response.end(JSON.stringify(answer))
    })
  }
}

const getItem = v.object({ Key: v.object({ pk: v.object({ S: v.string() }) }) })

const keyIn = (body: unknown): string => v.parse(getItem, body).Key.pk.S
