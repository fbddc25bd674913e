import { describe, expect, it } from 'vitest'
import { createKmsDouble, type Outcome } from '../../../local/kms/double.ts'

const context = { stage: 'acme', table: 'tokens' }

const answerOf = <T>(outcome: Outcome<T>): T => {
  if ('noAnswer' in outcome) throw new Error(outcome.noAnswer)
  return outcome.answer
}

const refusal = (name: string) => expect.objectContaining({ refusal: name })

describe('the KMS double', () => {
  it('wraps a data key of 32 bytes into 184 bytes, and unwraps it', () => {
    const double = createKmsDouble()

    const { plaintext, wrapped } = answerOf(double.generateDataKey('alias/one', context))
    const unwrapped = answerOf(double.decrypt('alias/one', wrapped, context))

    expect(unwrapped.plaintext).toEqual(plaintext)
    expect([plaintext.length, wrapped.length]).toEqual([32, 184])
  })

  it('makes another data key each time', () => {
    const double = createKmsDouble()

    const one = answerOf(double.generateDataKey('alias/one', context))
    const two = answerOf(double.generateDataKey('alias/one', context))

    expect(one.plaintext.equals(two.plaintext)).toBe(false)
  })

  it('does not mind the order of the context', () => {
    const double = createKmsDouble()
    const { wrapped } = answerOf(double.generateDataKey('alias/one', { a: '1', b: '2' }))

    expect(answerOf(double.decrypt(undefined, wrapped, { b: '2', a: '1' }))).toBeDefined()
  })

  it.each([
    ['a context with another value', { stage: 'globex', table: 'tokens' }],
    ['a context with less', { stage: 'acme' }],
    ['a context with more', { stage: 'acme', table: 'tokens', more: '' }],
    ['values exchanged', { stage: 'tokens', table: 'acme' }],
    ['no context', {}],
  ])('refuses %s', (_, other) => {
    const double = createKmsDouble()
    const { wrapped } = answerOf(double.generateDataKey('alias/one', context))

    expect(() => double.decrypt('alias/one', wrapped, other)).toThrow(
      refusal('InvalidCiphertextException'),
    )
  })

  it('refuses a wrapped key with any byte changed, cut or added', () => {
    const double = createKmsDouble()
    const { wrapped } = answerOf(double.generateDataKey('alias/one', context))
    const altered = Array.from(wrapped, (byte, at) => {
      const copy = Buffer.from(wrapped)
      copy[at] = byte ^ 1
      return copy
    })

    for (const blob of [...altered, wrapped.subarray(1), Buffer.concat([wrapped, wrapped])]) {
      expect(() => double.decrypt('alias/one', blob, context)).toThrow(
        refusal('InvalidCiphertextException'),
      )
    }
  })

  it('tells another key of its own from a key it never had', () => {
    const double = createKmsDouble()
    const { wrapped } = answerOf(double.generateDataKey('alias/one', context))

    expect(() => double.decrypt('alias/two', wrapped, context)).toThrow(
      refusal('IncorrectKeyException'),
    )
    expect(() => createKmsDouble().decrypt('alias/one', wrapped, context)).toThrow(
      refusal('InvalidCiphertextException'),
    )
  })

  it('knows a key by its id, and by the ARN that ends in it', () => {
    const double = createKmsDouble()
    const { wrapped } = answerOf(double.generateDataKey('1234', context))

    const arn = 'arn:aws:kms:eu-central-1:000000000000:key/1234'

    expect(answerOf(double.decrypt(arn, wrapped, context))).toBeDefined()
  })

  it('unwraps old data keys after a rotation, and wraps new ones under another master', () => {
    const double = createKmsDouble()
    const old = answerOf(double.generateDataKey('alias/one', context))
    double.rotate()

    const young = answerOf(double.generateDataKey('alias/one', context))

    expect(young.wrapped.subarray(0, 16)).not.toEqual(old.wrapped.subarray(0, 16))
    expect(answerOf(double.decrypt('alias/one', old.wrapped, context))).toBeDefined()
    expect(answerOf(double.decrypt('alias/one', young.wrapped, context))).toBeDefined()
  })

  it('refuses everything while its keys are disabled', () => {
    const double = createKmsDouble()
    const { wrapped } = answerOf(double.generateDataKey('alias/one', context))
    double.disable()

    expect(() => double.generateDataKey('alias/one', context)).toThrow(refusal('DisabledException'))
    expect(() => double.decrypt('alias/one', wrapped, context)).toThrow(
      refusal('DisabledException'),
    )

    double.enable()

    expect(answerOf(double.decrypt('alias/one', wrapped, context))).toBeDefined()
  })
})

describe('faults', () => {
  it('strike as often as asked, in the order they were added', () => {
    const double = createKmsDouble()
    double.addFault({ error: 'ThrottlingException', times: 2 })
    double.addFault({ error: 'reset', times: 1 })
    const call = () => double.generateDataKey('alias/one', context)

    expect(call).toThrow(refusal('ThrottlingException'))
    expect(call).toThrow(refusal('ThrottlingException'))
    expect(call()).toEqual({ noAnswer: 'reset' })
    expect(answerOf(call()).wrapped).toHaveLength(184)
  })

  it('strike one operation if only one is named', () => {
    const double = createKmsDouble()
    double.addFault({ error: 'KMSInternalException', operation: 'Decrypt' })

    const { wrapped } = answerOf(double.generateDataKey('alias/one', context))

    expect(() => double.decrypt('alias/one', wrapped, context)).toThrow(
      refusal('KMSInternalException'),
    )
  })

  it('without a number strike until they are cleared', () => {
    const double = createKmsDouble()
    double.addFault({ error: 'hang' })
    const call = () => double.generateDataKey('alias/one', context)

    const struck = [call(), call(), call()]
    double.clearFaults()

    expect(struck).toEqual([{ noAnswer: 'hang' }, { noAnswer: 'hang' }, { noAnswer: 'hang' }])
    expect(answerOf(call()).wrapped).toHaveLength(184)
  })

  it('are counted as calls', () => {
    const double = createKmsDouble()
    double.addFault({ error: 'hang', times: 1 })

    double.generateDataKey('alias/one', context)
    double.generateDataKey('alias/one', context)

    expect(double.counts()).toEqual({ GenerateDataKey: 2, Decrypt: 0 })
  })
})
