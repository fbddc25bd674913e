import { LambdaServiceException, TooManyRequestsException } from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { failureOfFunction } from '../../lib/sources/function-error.ts'
import { failureOfInvoke } from '../../lib/sources/invoke-failure.ts'
import { invoked, together } from './function-parts.ts'

const target = { functionName: 'broker-direct', region: 'eu-central-1' }

const thrown = (name: string, more: Record<string, unknown> = {}): Error =>
  Object.assign(new Error('secret-1'), { name }, more)

const service = (name: string, httpStatusCode: number): LambdaServiceException =>
  new LambdaServiceException({
    name,
    $fault: httpStatusCode >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode, requestId: 'of-lambda' },
    message: 'secret-1',
  })

describe('an invocation that failed', () => {
  test.each<[string, unknown, RegExp]>([
    [
      'broker-not-found',
      service('ResourceNotFoundException', 404),
      /broker-direct in eu-central-1/,
    ],
    ['broker-denied', service('AccessDeniedException', 403), /lambda:InvokeFunction/],
    ['broker-throttled', service('TooManyRequestsException', 429), /reserved concurrency/],
    ['broker-throttled', service('ThrottlingException', 400), /ThrottlingException/],
    ['broker-throttled', service('EC2ThrottledException', 502), /EC2ThrottledException/],
    ['no-credentials', service('ExpiredTokenException', 403), /ExpiredTokenException/],
    ['no-credentials', service('ExpiredToken', 403), /ExpiredToken/],
    ['no-credentials', service('UnrecognizedClientException', 403), /UnrecognizedClient/],
    ['no-credentials', service('InvalidSignatureException', 403), /its clock/],
    ['no-credentials', thrown('CredentialsProviderError'), /role or profile/],
    ['no-credentials', thrown('TokenProviderError'), /role or profile/],
    ['broker-unreachable', service('ServiceException', 500), /ServiceException/],
    ['broker-unreachable', service('ResourceNotReadyException', 502), /ResourceNotReady/],
    ['broker-unreachable', service('Unknown', 503), /Unknown/],
    ['broker-unreachable', thrown('Error', { $metadata: { httpStatusCode: 504 } }), /eu-central-1/],
    ['broker-unreachable', thrown('Error', { code: 'ECONNREFUSED' }), /ECONNREFUSED/],
    ['broker-unreachable', thrown('Error', { code: 'ECONNRESET' }), /ECONNRESET/],
    ['broker-unreachable', thrown('Error', { code: 'ENOTFOUND' }), /ENOTFOUND/],
    ['broker-unreachable', thrown('Error', { code: 'EAI_AGAIN' }), /EAI_AGAIN/],
    ['broker-unreachable', thrown('Error', { code: 'EPIPE' }), /EPIPE/],
    ['broker-unreachable', thrown('Error', { code: 'CERT_HAS_EXPIRED' }), /CERT_HAS_EXPIRED/],
    ['broker-unreachable', thrown('TimeoutError'), /TimeoutError/],
    ['broker-timeout', thrown('AbortError'), /before its answer/],
    ['invalid-options', new Error('Region is missing'), /AWS_REGION/],
    ['package-missing', thrown('Error', { code: 'ERR_MODULE_NOT_FOUND' }), /npm install/],
    ['package-missing', thrown('Error', { code: 'MODULE_NOT_FOUND' }), /client-lambda/],
    ['broker-failed', service('InvalidRequestContentException', 400), /InvalidRequestContent/],
    ['broker-failed', new TypeError('secret-1'), /TypeError/],
    ['broker-failed', thrown('secret-1 and more'), /unknown/],
    ['broker-failed', 'secret-1', /unknown/],
    ['broker-failed', null, /unknown/],
    ['broker-failed', undefined, /unknown/],
    ['broker-failed', { message: 7, name: {}, code: [], $metadata: null }, /unknown/],
  ])('is %s: %s', (code, error, message) => {
    const failure = failureOfInvoke(error, target)

    expect(failure).toMatchObject({ name: 'TokenError', code })
    expect(failure.cause).toBeUndefined()
    expect(failure.message).toMatch(message)
    expect(failure.message).not.toContain('secret-1')
    expect(failure.requestId).toBeUndefined()
  })

  test.each([
    ['7', 7_000],
    ['0', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['86401', undefined],
    [undefined, undefined],
  ])('by too many, with %s seconds to wait, says %s ms', (retryAfterSeconds, expected) => {
    const error = new TooManyRequestsException({
      $metadata: { httpStatusCode: 429 },
      message: '',
      retryAfterSeconds,
    })

    expect(failureOfInvoke(error, target).retryAfterMs).toBe(expected)
  })

  test('somewhere says where to look for the region', () => {
    const error = service('ResourceNotFoundException', 404)

    const { message } = failureOfInvoke(error, { ...target, region: undefined })

    expect(message).toContain('AWS_REGION')
  })

  test('reaches the caller as it is judged', async () => {
    const { ask, answer } = together()
    answer.by = () => Promise.reject(service('AccessDeniedException', 403))

    const outcome = await ask()

    expect(outcome).toBe('broker-denied')
  })
})

describe('a function that failed', () => {
  test.each([
    [
      'broker-timeout',
      { errorMessage: '2026-11-21T00:00:00.000Z 1f Task timed out after 20.00 seconds' },
    ],
    ['broker-timeout', { errorType: 'Sandbox.Timedout', errorMessage: 'Error: Task timed out' }],
    ['broker-failed', { errorType: 'Runtime.ImportModuleError', errorMessage: 'secret-1' }],
    ['broker-failed', { errorType: 'secret-1', errorMessage: 'secret-1' }],
    ['broker-failed', 'secret-1'],
    ['broker-failed', null],
  ])('is %s: %j', (code, answer) => {
    const failed = { ...invoked(answer), functionError: 'Unhandled', requestId: 'request-9' }

    const failure = failureOfFunction(failed, target)

    expect(failure).toMatchObject({ name: 'TokenError', code, requestId: 'request-9' })
    expect(failure.message).not.toContain('secret-1')
  })

  test('is failed also if its answer cannot be read', () => {
    const failed = { payload: '<html>', functionError: 'Unhandled' }

    expect(failureOfFunction(failed, target).code).toBe('broker-failed')
  })

  test('names what Lambda says of it', () => {
    const answer = { errorType: 'Runtime.ImportModuleError', errorMessage: '' }

    const { message } = failureOfFunction(invoked(answer), target)

    expect(message).toContain('(Runtime.ImportModuleError)')
  })

  test('gives no token, even if its answer looks like one', async () => {
    const { ask, answer } = together()
    const { by } = answer
    answer.by = async (...asked) => ({ ...(await by(...asked)), functionError: 'Unhandled' })

    const outcome = await ask()

    expect(outcome).toBe('broker-failed')
  })
})
