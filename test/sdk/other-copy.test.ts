// Errors of a source that another copy of the package made, as CommonJS beside an ES module does: their class is
// another one.
import { describe, expect, it, vi } from 'vitest'
import { renewal } from '../../lib/sdk/carried.ts'
import { failureOf } from '../../lib/sdk/failure.ts'
import { TokenError } from '../../lib/sources/token-error.ts'
import { transportOf } from './transport-parts.ts'

const answering = (status: number) => async () => new Response('{}', { status })

const before = (fetch: () => Promise<Response>) => ({
  transport: transportOf({ baseUrl: 'https://looker.example' }, { fetch }),
})

const ofAnotherCopy = async (code: 'forbidden' | 'timeout') => {
  vi.resetModules()
  const other = await import('../../lib/sources/token-error.ts')
  return new other.TokenError(code, 'Said by the other copy', { retryAfterMs: 3_000 })
}

describe('a TokenError of another copy of the package', () => {
  it.each([
    ['forbidden', 'no-token'],
    ['timeout', 'timeout'],
  ] as const)('keeps its code %s, and counts as %s', async (code, kind) => {
    const { transport } = before(answering(200))
    const error = await ofAnotherCopy(code)

    const result = await transport.request('GET', '/a', {}, null, () => Promise.reject(error))

    expect(error).not.toBeInstanceOf(TokenError)
    expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({
      kind,
      token: error,
      retryAfterMs: 3_000,
    })
  })

  it('tells why a refused token was not replaced', async () => {
    const { transport } = before(answering(401))
    const error = await ofAnotherCopy('forbidden')
    const ask = async (props: object) => ({ ...props, [renewal]: () => Promise.reject(error) })

    const result = await transport.request('GET', '/a', {}, null, ask)

    expect(failureOf(result.ok ? undefined : result.error)).toMatchObject({
      kind: 'status',
      status: 401,
      token: error,
    })
  })
})
