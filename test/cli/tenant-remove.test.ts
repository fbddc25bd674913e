// The command as a process, against an AWS that only listens: what it does to a stage, and in which order.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { startScript } from '../local/processes.ts'

const close: (() => void)[] = []

afterEach(() => close.splice(0).forEach((end) => end()))

const xml = (action: string, result: string) =>
  `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`

const missing = (what: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${what} does not exist</Message></Error></ErrorResponse>`

const stack = `<Stacks><member><StackName>x</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus></member></Stacks>`

const key = `<StackResourceDetail><LogicalResourceId>Key</LogicalResourceId><PhysicalResourceId>key-1</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus></StackResourceDetail>`

const caller = '<Account>000000000000</Account><Arn>arn:aws:iam::000000000000:user/me</Arn>'

type Answer = readonly [status: number, body: string]

/** A stage with a protected table, until it is removed. */
const startAws = async (left: number) => {
  const done: string[] = []
  const standing = { stack: true, isProtected: true, table: true }

  const invoke = (name: string, body: string): Answer => {
    const { what } = JSON.parse(body)
    done.push(`${name} ${what}`)
    return [200, JSON.stringify({ kept: true, begun_at_ms: 1, ended: 0, left, lost: 0 })]
  }

  const cloudFormation = (form: URLSearchParams): Answer => {
    const action = form.get('Action') ?? ''
    const name = form.get('StackName')
    if (action === 'DeleteStack') {
      done.push(`DeleteStack ${name}`)
      standing.stack = false
      return [200, xml(action, '')]
    }
    if (action === 'GetCallerIdentity') return [200, xml(action, caller)]
    if (!standing.stack) return [400, missing(`Stack with id ${name}`)]
    if (action === 'DescribeStacks') return [200, xml(action, stack)]
    const resource = form.get('LogicalResourceId')
    if (resource === 'Key') return [200, xml(action, key)]
    // As of the deployment bucket.
    return [400, missing(`Resource ${resource}`)]
  }

  const dynamoDb = (action: string, body: string): Answer => {
    const { TableName, DeletionProtectionEnabled } = JSON.parse(body)
    if (action === 'UpdateTable') {
      done.push(`${action} ${TableName} ${DeletionProtectionEnabled}`)
      standing.isProtected = DeletionProtectionEnabled
    }
    if (action === 'DeleteTable') {
      done.push(`${action} ${TableName}`)
      standing.table = false
    }
    const Table = { TableStatus: 'ACTIVE', DeletionProtectionEnabled: standing.isProtected }
    return standing.table || action === 'DeleteTable'
      ? [200, JSON.stringify({ Table, TableDescription: Table })]
      : [400, JSON.stringify({ __type: 'ResourceNotFoundException' })]
  }

  const answerOf = (request: IncomingMessage, body: string): Answer => {
    const [, name] = /\/functions\/([^/]+)\/invocations$/.exec(request.url ?? '') ?? []
    if (name !== undefined) return invoke(name, body)
    const action = String(request.headers['x-amz-target'] ?? '').split('.')[1]
    return action === undefined ? cloudFormation(new URLSearchParams(body)) : dynamoDb(action, body)
  }

  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const [status, answer] = answerOf(request, body)
      response.writeHead(status).end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  close.push(() => server.close())
  const address = server.address()
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, done }
}

const remove = async (url: string, ...args: string[]) => {
  const child = startScript('cli/tenant-remove.ts', {
    args: ['--stage', 'gone', '--region', 'eu-central-1', '--wait', '0', ...args],
    env: { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
    withinMs: 110_000,
  })
  return { exitCode: await child.ended, printed: child.printed() }
}

const revoke = 'looker-token-broker-gone-revokeEverythingDirect'

describe('npm run tenant:remove', () => {
  it('ends sessions, then logs tokens out, then removes the stack, and the table last', async () => {
    const { url, done } = await startAws(0)

    const { exitCode, printed } = await remove(url, '--yes')

    expect(done).toEqual([
      `${revoke} sessions`,
      `${revoke} tokens`,
      'DeleteStack looker-token-broker-gone',
      'UpdateTable looker-token-broker-gone false',
      'DeleteTable looker-token-broker-gone',
    ])
    expect(printed).toMatch(/^Removing looker-token-broker from stage gone/m)
    expect(printed).toContain('Removed gone from eu-central-1.')
    expect(exitCode).toBe(0)
  })

  it('removes nothing while Looker has not confirmed', async () => {
    const { url, done } = await startAws(1)

    const { exitCode, printed } = await remove(url, '--yes')

    expect(done).toEqual([`${revoke} sessions`, `${revoke} tokens`])
    expect(printed).toContain('Looker has not confirmed everything. Run it again, or add --force')
    expect(exitCode).toBe(1)
  })

  it('does nothing where there is nobody to ask, nor where it is only tried', async () => {
    const { url, done } = await startAws(0)

    const unasked = await remove(url)
    const tried = await remove(url, '--dry-run')

    expect([unasked.exitCode, tried.exitCode]).toEqual([1, 0])
    expect(tried.printed).toContain('end all embed sessions of gone and log out its API tokens')
    expect(done).toEqual([])
  })
})
