// The clients of DynamoDB and KMS, cut as for a function, against a server that answers as AWS does.
import { execFile } from 'node:child_process'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
import { build } from 'esbuild'
import { object, optional, parse, string } from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { functionBundle } from '../../cli/bundle-options.ts'
import { keptErrors, unusedSdkParts } from '../../cli/unused-sdk-parts.ts'
import { root } from './service-copy.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const calls = `
import { ConditionalCheckFailedException, DynamoDBClient, DynamoDBServiceException, GetItemCommand,
  PutItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { DecryptCommand, GenerateDataKeyCommand, IncorrectKeyException, InvalidCiphertextException,
  KMSClient, KMSServiceException } from '@aws-sdk/client-kms'

const options = { maxAttempts: 2, requestHandler: { connectionTimeout: 500, requestTimeout: 1000 } }
const table = new DynamoDBClient(options)
const keys = new KMSClient(options)
const classes = { ConditionalCheckFailedException, DynamoDBServiceException, IncorrectKeyException,
  InvalidCiphertextException, KMSServiceException }
const Key = { pk: { S: 'p' }, sk: { S: 's' } }

const answerOf = async (promise) => {
  try {
    const { $metadata, ...answer } = await promise
    return answer
  } catch (error) {
    const of = Object.keys(classes).filter((name) => error instanceof classes[name])
    return { error: error.name, of, item: error.Item, status: error.$metadata?.httpStatusCode }
  }
}

const answers = async () => [
  await answerOf(table.send(new GetItemCommand({ TableName: 't', Key }))),
  await answerOf(table.send(new UpdateItemCommand({ TableName: 't', Key }))),
  await answerOf(table.send(new PutItemCommand({ TableName: 't', Item: Key }))),
  await answerOf(table.send(new QueryCommand({ TableName: 't' }))),
  await answerOf(keys.send(new GenerateDataKeyCommand({ KeyId: 'k', KeySpec: 'AES_256' }))),
  await answerOf(keys.send(new DecryptCommand({ CiphertextBlob: Buffer.from('wrapped') }))),
]
answers().then((all) => console.log(JSON.stringify(all)))
`

const regions = [
  'us-east-1',
  'eu-central-1',
  'ap-southeast-5',
  'il-central-1',
  'mx-central-1',
  'us-gov-west-1',
  'cn-north-1',
  'cn-northwest-1',
  'us-iso-east-1',
  'eusc-de-east-1',
  'xx-future-9',
]

const endpoints = `
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KMSClient } from '@aws-sdk/client-kms'
const providers = [DynamoDBClient, KMSClient].map((Client) => new Client({}).config.endpointProvider)
const of = (Region, more) => providers.map((endpoint) => endpoint({ Region, ...more }).url.href)
const refused = ['UseFIPS', 'UseDualStack'].map((name) => {
  try { return of('us-east-1', { [name]: true }) } catch (error) { return error.message }
})
const given = of('us-east-1', { Endpoint: 'http://127.0.0.1:1' })
console.log(JSON.stringify({ usual: ${JSON.stringify(regions)}.map((region) => of(region)), given, refused }))
`

/** Asks each client of each odd answer, by the name of the table or key. */
const oddCalls = (names: readonly string[]) => `
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms'

const options = { maxAttempts: 2, requestHandler: { connectionTimeout: 500, requestTimeout: 1000 } }
const table = new DynamoDBClient(options)
const keys = new KMSClient(options)

const told = async (promise) => {
  try {
    const { $metadata, ...answer } = await promise
    return answer
  } catch ({ name, message, code, $fault, $metadata, Item }) {
    return { name, message, code, $fault, Item, status: $metadata?.httpStatusCode, attempts: $metadata?.attempts }
  }
}

const all = async () => {
  const answers = {}
  for (const name of ${JSON.stringify(names)}) {
    const Key = { pk: { S: 'p' }, sk: { S: 's' } }
    answers[name] = [
      await told(table.send(new GetItemCommand({ TableName: name, Key }))),
      await told(keys.send(new DecryptCommand({ KeyId: name, CiphertextBlob: Buffer.from('wrapped') }))),
    ]
  }
  return answers
}
all().then((answers) => console.log(JSON.stringify(answers)))
`

type OddReply = {
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const json = (status: number, body: object): OddReply => ({ status, body: JSON.stringify(body) })

/** What AWS, or something between it and us, may answer in place of what was asked for. Undefined: hangs up. */
const oddReplies: Readonly<Record<string, OddReply | undefined>> = {
  throttled: json(400, { __type: 'x#ThrottlingException', message: 'slower' }),
  'lost a race': json(400, {
    __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
    Message: 'The conditional request failed',
    Item: { sealed: { B: 'AQI=' }, generation: { N: '12345678901234567890' } },
  }),
  'an old clock': {
    ...json(403, { __type: 'InvalidSignatureException', message: 'Signature expired' }),
    headers: { date: 'Thu, 01 Jan 2032 00:00:00 GMT' },
  },
  'an error in a header': {
    ...json(400, { message: 'no' }),
    headers: { 'x-amzn-errortype': 'AccessDeniedException:http://internal.amazon.com/x/' },
  },
  'an error without a name': json(500, {}),
  'an empty error': { status: 503, body: '' },
  'a page': { status: 503, body: '<html>Service Unavailable</html>' },
  'no JSON': { status: 200, body: 'surprise' },
  'a redirection': { status: 307, body: '', headers: { location: 'http://127.0.0.1:1/' } },
  'an empty answer': { status: 200, body: '' },
  'a bare null': { status: 200, body: 'null' },
  'nothing at all': undefined,
}

type Reply = { readonly status: number; readonly body: object }

const replies: Readonly<Record<string, Reply>> = {
  GetItem: { status: 200, body: { Item: { sealed: { B: 'AQI=' }, generation: { N: '7' } } } },
  UpdateItem: {
    status: 400,
    body: {
      __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException',
      Message: 'The conditional request failed',
      Item: { generation: { N: '8' } },
    },
  },
  PutItem: {
    status: 400,
    body: { __type: 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException', message: 'no' },
  },
  Query: { status: 200, body: { Items: [{ due_at: { N: '9' } }], Count: 1 } },
  GenerateDataKey: { status: 200, body: { Plaintext: 'AQI=', CiphertextBlob: 'AwQ=' } },
  Decrypt: { status: 400, body: { __type: 'InvalidCiphertextException', message: 'no' } },
}

const seen: IncomingHttpHeaders[] = []
const operationOf = (headers: IncomingHttpHeaders) =>
  String(headers['x-amz-target']).split('.').at(-1) ?? ''

const asked = object({ TableName: optional(string()), KeyId: optional(string()) })

let server: Server
let endpoint: string

const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const { TableName, KeyId } = parse(asked, JSON.parse(await text(request)))
  const name = TableName ?? KeyId ?? ''
  if (name in oddReplies) {
    const odd = oddReplies[name]
    if (odd) response.writeHead(odd.status, odd.headers).end(odd.body)
    else request.socket.destroy()
    return
  }
  seen.push(request.headers)
  const { status, body } = replies[operationOf(request.headers)] ?? { status: 500, body: {} }
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(JSON.stringify(body))
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  endpoint = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})

afterAll(() => {
  server.close()
})

const bundleOf = async (contents: string, plugins = [unusedSdkParts]): Promise<Uint8Array> => {
  const { outputFiles } = await build({
    ...functionBundle,
    stdin: { contents, resolveDir: root },
    plugins,
    write: false,
  })
  return outputFiles?.[0]?.contents ?? new Uint8Array()
}

const runBundle = async (code: Uint8Array): Promise<unknown> => {
  const path = join(temporaryFolder(), 'bundle.cjs')
  writeFileSync(path, code)
  const env = {
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example-key',
    AWS_SESSION_TOKEN: 'example-session',
  }
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [path],
      { env, timeout: 30_000, killSignal: 'SIGKILL' },
      (error, stdout) => (error === null ? resolve(JSON.parse(stdout)) : reject(error)),
    )
  })
}

describe('the cut clients', () => {
  it('keep their calls, their errors, and credentials from the environment', async () => {
    const code = await bundleOf(calls)

    const answers = await runBundle(code)

    expect(answers).toEqual([
      { Item: { sealed: { B: { 0: 1, 1: 2 } }, generation: { N: '7' } } },
      {
        error: 'ConditionalCheckFailedException',
        of: ['ConditionalCheckFailedException', 'DynamoDBServiceException'],
        item: { generation: { N: '8' } },
        status: 400,
      },
      { error: 'ResourceNotFoundException', of: ['DynamoDBServiceException'], status: 400 },
      { Items: [{ due_at: { N: '9' } }], Count: 1 },
      { Plaintext: { 0: 1, 1: 2 }, CiphertextBlob: { 0: 3, 1: 4 } },
      {
        error: 'InvalidCiphertextException',
        of: ['InvalidCiphertextException', 'KMSServiceException'],
        status: 400,
      },
    ])
    expect(seen.map(operationOf)).toEqual(Object.keys(replies))
    for (const headers of seen) {
      expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\//)
      expect(headers['x-amz-security-token']).toBe('example-session')
      expect(headers['amz-sdk-invocation-id']).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
    }
  })

  it('say of every odd answer what the whole ones say', async () => {
    const program = oddCalls(Object.keys(oddReplies))

    const [said, whole] = await Promise.all([
      bundleOf(program).then(runBundle),
      bundleOf(program, []).then(runBundle),
    ])

    expect(Object.keys(Object(said))).toEqual(Object.keys(oddReplies))
    expect(said).toEqual(whole)
  })

  it('find the endpoints that the whole ones find', async () => {
    const uncut = [DynamoDBClient, KMSClient].map((Client) => {
      const { endpointProvider } = new Client({ region: 'us-east-1' }).config
      return (Region: string) =>
        endpointProvider({ Region, UseFIPS: false, UseDualStack: false }).url.href
    })

    const found = await runBundle(await bundleOf(endpoints))

    const refusal = 'no dual-stack and no FIPS endpoints in this bundle'
    expect(found).toEqual({
      usual: regions.map((region) => uncut.map((endpointOf) => endpointOf(region))),
      given: ['http://127.0.0.1:1/', 'http://127.0.0.1:1/'],
      refused: [refusal, refusal],
    })
  })

  it('leave half of the size for our own code', async () => {
    const code = await bundleOf(calls)

    expect(code.length).toBeLessThanOrEqual(125_000)
    expect(gzipSync(code).length).toBeLessThanOrEqual(42_000)
  })

  it('know every class of error that the library asks for', () => {
    const imported = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(join(root, 'lib', path), 'utf8'))
      .flatMap((code) => code.match(/import[^;]*?from '@aws-sdk\/client-(?:kms|dynamodb)'/g) ?? [])
      .flatMap((statement) => statement.match(/\w+Exception\b/g) ?? [])
      .filter((name) => !name.endsWith('ServiceException'))

    expect(new Set(imported)).toEqual(new Set(keptErrors))
  })
})
