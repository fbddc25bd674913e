// Of AWS's words those that cannot be a value.
import { describe, expect, it } from 'vitest'
import { toldByAws } from '../../cli/aws-message.ts'

const error = (name: string, message: string) => Object.assign(new Error(message), { name })
const session = 'FwoGZXIvYXdzEBYaDK+Example/Token=='

describe('what a command repeats of an error of AWS', () => {
  it.each([
    [
      error(
        'AccessDeniedException',
        'User: arn:aws:sts::111122223333:assumed-role/ops/ada@acme.example is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-central-1:111122223333:function:x-sessionsDirect',
      ),
      'AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/ops/ada@acme.example is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-central-1:111122223333:function:x-sessionsDirect',
    ],
    [
      error(
        'InvalidSignatureException',
        `The request signature we calculated does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:${session}'`,
      ),
      'InvalidSignatureException: The request signature we calculated does not match.',
    ],
    [
      error('ValidationError', `The value "${session}" of 1234567890 is no (${session}) name.`),
      'ValidationError: The value … of … is no … name.',
    ],
    [
      error('SyntaxError', `Unexpected token 'c', "${session}"... is not valid JSON`),
      `SyntaxError: Unexpected token 'c', … is not valid JSON`,
    ],
    [Object.assign(new Error(''), { code: 'ECONNRESET' }), 'ECONNRESET'],
    [error(`a ${session}`, ''), 'unknown'],
    [session, 'unknown'],
  ])('%s', (given, told) => {
    expect(toldByAws(given)).toBe(told)
  })

  it('is no piece as long as a secret of Looker or AWS', () => {
    expect(toldByAws(error('E', `${'x'.repeat(24)} ${'y'.repeat(23)}`))).toBe(
      `E: … ${'y'.repeat(23)}`,
    )
  })
})
