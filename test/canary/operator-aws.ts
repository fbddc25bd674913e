// AWS as the operator's commands see it, on loopback: functions that run in this process, a table and a stack that
// are there, the key of the KMS double. Every call of it can be answered otherwise.
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { KmsDouble } from '../../local/kms/double.ts'
import { answer as answerOfKms } from '../../local/kms/wire.ts'
import type { TableDefinition } from '../../local/serverless-config.ts'

export type AwsService = 'lambda' | 'table' | 'keys' | 'stack'
export type AwsReply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}
/** In place of an answer. Undefined: the usual one. */
export type AwsFault = (service: AwsService) => AwsReply | undefined

const noFault: AwsFault = () => undefined

/** By its key in serverless.yml. */
export type Invoke = (key: string, payload: unknown) => Promise<unknown>

const serviceOf = ({ url = '', headers }: IncomingMessage): AwsService => {
  if (url.startsWith('/2015-03-31/functions/')) return 'lambda'
  const target = String(headers['x-amz-target'])
  if (target.startsWith('DynamoDB')) return 'table'
  return target.startsWith('TrentService') ? 'keys' : 'stack'
}

export const startAws = async (parts: {
  readonly invoke: Invoke
  readonly kms: KmsDouble
  readonly definition: TableDefinition
}) => {
  let fault = noFault
  let isRemoved = false
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request)
    const service = serviceOf(request)
    const { status, headers, body: text } = fault(service) ?? (await usual[service](request, body))
    response.writeHead(status, { 'content-type': types[service], ...headers }).end(text)
  }
  const usual: Record<
    AwsService,
    (request: IncomingMessage, body: string) => Promise<AwsReply> | AwsReply
  > = {
    lambda: async ({ url = '' }, body) => {
      const key = /-(\w+)\/invocations/.exec(url)?.[1] ?? ''
      return good(await parts.invoke(key, JSON.parse(body)))
    },
    table: ({ headers }) => {
      const target = String(headers['x-amz-target'])
      return isRemoved
        ? refusal('table', { status: 400, code: 'ResourceNotFoundException', message: 'none' })
        : good(described(target, parts.definition))
    },
    keys: ({ headers }, body) => {
      const told = answerOfKms(parts.kms, String(headers['x-amz-target']), JSON.parse(body))
      return good('answer' in told ? told.answer : {})
    },
    stack: (_, body) =>
      isRemoved
        ? refusal('stack', { status: 400, code: 'ValidationError', message: 'x does not exist' })
        : stackReply(new URLSearchParams(body).get('Action') ?? ''),
  }
  const server = createServer((request, response) => void respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return {
    url: `http://127.0.0.1:${port}`,
    setFault: (given: AwsFault) => void (fault = given),
    clearFault: () => void (fault = noFault),
    /** Stack and table at once. */
    remove: () => void (isRemoved = true),
    deploy: () => void (isRemoved = false),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const types: Record<AwsService, string> = {
  lambda: 'application/json',
  table: 'application/x-amz-json-1.0',
  keys: 'application/x-amz-json-1.1',
  stack: 'text/xml',
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString('utf8')
}

const good = (value: unknown): AwsReply => ({ status: 200, body: JSON.stringify(value) })

const described = (target: string, { TimeToLiveSpecification, ...table }: TableDefinition) =>
  target.endsWith('DescribeTimeToLive')
    ? { TimeToLiveDescription: { ...TimeToLiveSpecification, TimeToLiveStatus: 'ENABLED' } }
    : {
        Table: {
          ...table,
          TableStatus: 'ACTIVE',
          BillingModeSummary: { BillingMode: table.BillingMode },
        },
      }

const stackReply = (action: string): AwsReply => {
  const time = '2026-01-01T00:00:00Z'
  const result =
    action === 'DescribeStacks'
      ? `<Stacks><member><StackName>x</StackName><CreationTime>${time}</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>`
      : `<StackResourceDetail><LogicalResourceId>Key</LogicalResourceId><PhysicalResourceId>key-1</PhysicalResourceId><ResourceType>AWS::KMS::Key</ResourceType><LastUpdatedTimestamp>${time}</LastUpdatedTimestamp><ResourceStatus>CREATE_COMPLETE</ResourceStatus></StackResourceDetail>`
  return {
    status: 200,
    body: `<${action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${action}Result>${result}</${action}Result></${action}Response>`,
  }
}

/** An error as the service writes it. */
export const refusal = (
  service: AwsService,
  { status, code, message }: { status: number; code: string; message: string },
): AwsReply => ({
  status,
  headers: { 'x-amzn-errortype': code },
  body:
    service === 'stack'
      ? `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error></ErrorResponse>`
      : JSON.stringify({ __type: code, Message: message, message }),
})

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
