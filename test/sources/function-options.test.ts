import { expect, test } from 'vitest'
import { createFunctionTokens, functionTokens } from '../../lib/sources/function-tokens.ts'
import type { FunctionTokensOptions } from '../../lib/sources/function-tokens.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { createFakeClock } from '../scenarios/fake-clock.ts'

/** What is invoked, for such options. */
const targetOf = (options: FunctionTokensOptions): unknown => {
  const targets: unknown[] = []
  createFunctionTokens(options, {
    clock: createFakeClock(),
    invokeOf: (target) => {
      targets.push(target)
      return () => Promise.reject(new Error('not used here'))
    },
  })
  return targets[0]
}

const failureOf = (unverified: unknown): TokenError => {
  try {
    functionTokens(JSON.parse(JSON.stringify(unverified)))
  } catch (error) {
    if (error instanceof TokenError) return error
    throw error
  }
  throw new Error('it is good')
}

const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:b-issueApiTokenDirect'

test.each([
  ['b-issueApiTokenDirect', undefined, undefined],
  ['b-issueApiTokenDirect:live', 'us-east-1', 'us-east-1'],
  ['b-issueApiTokenDirect:$LATEST', undefined, undefined],
  ['123456789012:function:b-issueApiTokenDirect', undefined, undefined],
  [arn, undefined, 'eu-central-1'],
  [`${arn}:7`, 'eu-central-1', 'eu-central-1'],
  ['arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:b', undefined, 'us-gov-west-1'],
  ['a'.repeat(64), undefined, undefined],
])('%s in region %s is invoked in %s', (functionName, region, expected) => {
  expect(targetOf({ functionName, region })).toEqual({ functionName, region: expected })
})

test.each<[unknown, RegExp]>([
  [null, /write an object with functionName/],
  [{}, /functionName/],
  [{ functionName: '' }, /functionName: write the name or ARN of a Lambda function/],
  [{ functionName: 7 }, /functionName: write the name/],
  [{ functionName: ' b-direct' }, /functionName: write the name/],
  [{ functionName: 'b/direct' }, /functionName: write the name/],
  [{ functionName: 'a'.repeat(65) }, /functionName: write the name/],
  [{ functionName: `${arn}:${'q'.repeat(100)}` }, /at most 170 characters/],
  [{ functionName: 'arn:aws:s3:::bucket' }, /functionName: write the name/],
  [{ functionName: 'https://example.com/api-token' }, /functionName: write the name/],
  [{ functionName: 'looker-token-broker-x-issueApiToken' }, /ends in issueApiTokenDirect/],
  [{ functionName: 'looker-token-broker-x-issueApiToken:live' }, /ends in issueApiTokenDirect/],
  [{ functionName: arn.replace('Direct', '') }, /ends in issueApiTokenDirect/],
  [{ functionName: 'b-direct', region: '' }, /region: write a region/],
  [{ functionName: 'b-direct', region: 'Frankfurt' }, /region: write a region/],
  [{ functionName: 'b-direct', region: 7 }, /region: write a text/],
  [{ functionName: arn, region: 'us-east-1' }, /region: is not the region of the ARN/],
  [{ functionName: arn, regoin: 'eu-central-1' }, /regoin: is no option/],
])('%j is refused at construction', (unverified, message) => {
  const error = failureOf(unverified)

  expect(error.code).toBe('invalid-options')
  expect(error.message).toMatch(message)
})

test('all mistakes are told at once, without what was written', () => {
  const { message } = failureOf({ functionName: 'secret 1', region: 'secret 2' })

  expect(message).toMatch(/functionName: .*; region: /)
  expect(message).not.toContain('secret')
})
