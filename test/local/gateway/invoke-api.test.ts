import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localKey, send, startGateway, stoppedClock } from './service.ts'

let seen: unknown[] = []

const tokenDirect = (event: unknown): unknown => {
  seen.push(event)
  return { got: event }
}

const broken = () => Promise.reject(new TypeError('broken'))

describe('the Invoke call of the Lambda API', () => {
  let started: Awaited<ReturnType<typeof startGateway>>
  let client: LambdaClient

  beforeAll(async () => {
    const clock = stoppedClock(Date.now())
    started = await startGateway({ tokenDirect, broken }, { routes: [], clock })
    client = new LambdaClient({
      endpoint: started.address,
      region: 'us-east-1',
      credentials: localKey,
      maxAttempts: 1,
    })
  })

  afterAll(async () => {
    client.destroy()
    await started.close()
  })

  const invoke = (FunctionName: string, payload: unknown, more = {}) =>
    client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload), ...more }))

  test.each([
    'tokenDirect',
    'svc-local-tokenDirect',
    'arn:aws:lambda:us-east-1:000000000000:function:svc-local-tokenDirect',
  ])('the AWS SDK calls %s with the bare payload', async (name) => {
    const reply = await invoke(name, { user_id: '7' })

    expect(reply.StatusCode).toBe(200)
    expect(reply.FunctionError).toBeUndefined()
    expect(JSON.parse(reply.Payload?.transformToString() ?? '')).toEqual({ got: { user_id: '7' } })
  })

  test('an asynchronous call is accepted without an answer', async () => {
    seen = []

    const reply = await invoke('tokenDirect', { n: 1 }, { InvocationType: 'Event' })

    expect(reply.StatusCode).toBe(202)
    expect(seen).toEqual([{ n: 1 }])
  })

  test('what a function throws is a function error, not a failed call', async () => {
    const reply = await invoke('broken', {})

    expect(reply.FunctionError).toBe('Unhandled')
    expect(JSON.parse(reply.Payload?.transformToString() ?? '')).toEqual({
      errorType: 'TypeError',
      errorMessage: 'broken',
      trace: [],
    })
  })

  test('an unknown function is not found', async () => {
    await expect(invoke('nobody', {})).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  })

  test.each([
    ['no signature', {}],
    ['a bearer token', { authorization: 'Bearer x' }],
  ])('a call with %s is refused and calls nobody', async (_, headers) => {
    seen = []

    const reply = await send(started.address, {
      method: 'POST',
      path: '/2015-03-31/functions/tokenDirect/invocations',
      headers,
      body: '{}',
    })

    expect(reply.status).toBe(403)
    expect(seen).toEqual([])
  })

  test('a payload that is not JSON is refused', async () => {
    const call = client.send(new InvokeCommand({ FunctionName: 'tokenDirect', Payload: '{' }))

    await expect(call).rejects.toMatchObject({ name: 'InvalidRequestContentException' })
  })

  test('a call inside the process needs no signature, and an unknown name is an error', async () => {
    const outcome = await started.gateway.invoke('tokenDirect', { n: 2 })

    expect(outcome).toEqual({ kind: 'returned', value: { got: { n: 2 } } })
    await expect(started.gateway.invoke('nobody', {})).rejects.toThrow('no function nobody')
  })
})
