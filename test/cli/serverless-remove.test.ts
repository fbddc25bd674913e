// `serverless remove` from a folder of its own, against an AWS that only listens.
import { createServer } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { bareService } from '../../cli/serverless-remove.ts'
import { root, startScript } from '../local/processes.ts'

const longMs = 60_000
const close: (() => void)[] = []

afterEach(() => close.splice(0).forEach((end) => end()))

const xml = (action: string, result: string) =>
  `<${action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${action}Result>${result}</${action}Result></${action}Response>`

const missing = (message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>`

const reasonOf = (action: string, stack: string | null): string =>
  action === 'DescribeStackResource'
    ? `Resource ServerlessDeploymentBucket does not exist for stack ${stack}`
    : `Stack with id ${stack} does not exist`

/** A stack that is there until it is deleted, and has neither bucket nor registry. */
const startAws = async () => {
  const actions: string[] = []
  let isDeleted = false
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
    request.on('end', () => {
      const form = new URLSearchParams(body)
      const action = form.get('Action') ?? 'other'
      const stack = form.get('StackName')
      actions.push(stack === null ? action : `${action} ${stack}`)
      if (action === 'DeleteStack') isDeleted = true
      const status =
        '<StackId>arn:aws:cloudformation:eu-central-1:000000000000:stack/x/1</StackId><StackName>x</StackName><CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus>'
      const [code, text] =
        action === 'DeleteStack'
          ? [200, xml(action, '')]
          : action === 'DescribeStacks' && !isDeleted
            ? [200, xml(action, `<Stacks><member>${status}</member></Stacks>`)]
            : [400, missing(reasonOf(action, stack))]
      response.writeHead(code, { 'content-type': 'text/xml' }).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  close.push(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return { url: `http://127.0.0.1:${port}`, actions }
}

describe('the service that is removed', () => {
  it('is named as the deployed one, and needs no tenant file', () => {
    const service: unknown = JSON.parse(
      bareService(root, { stage: 'gone', region: 'eu-central-1' }),
    )

    expect(service).toEqual({
      service: 'looker-token-broker',
      frameworkVersion: '4',
      provider: {
        name: 'aws',
        runtime: 'nodejs24.x',
        deploymentBucket: { blockPublicAccess: true },
        stage: 'gone',
        region: 'eu-central-1',
      },
    })
  })
})

describe('the command', () => {
  it(
    'has the stack of a stage deleted whose tenant file is gone',
    { timeout: longMs },
    async () => {
      const { url, actions } = await startAws()
      const child = startScript('test/cli/serverless-remove-once.ts', {
        args: ['gone'],
        env: {
          AWS_ENDPOINT_URL: url,
          AWS_ACCESS_KEY_ID: 'none',
          AWS_SECRET_ACCESS_KEY: 'none',
        },
      })

      await child.ended

      expect(child.printed()).toMatch(/^Removing looker-token-broker from stage gone/)
      expect(actions).toContain('DeleteStack looker-token-broker-gone')
    },
  )
})
