import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { create } from '../../functions/issue-api-token.ts'
import { context, httpEvent, rimBroker } from './calls.ts'

const ask = async (event: Parameters<typeof httpEvent>[0]) => {
  const { source, getToken } = rimBroker()
  const { statusCode, body = '' } = await create(source).handler(httpEvent(event), context)
  return { statusCode, problem: JSON.parse(body), calls: getToken.mock.calls.length }
}

const digest = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg'

describe('a request body', () => {
  it.each<[string, string, string[]]>([
    ['an unknown workspace', '{"workspace":"staging"}', ['/workspace']],
    ['a workspace in other letters', '{"workspace":"Dev"}', ['/workspace']],
    ['an empty workspace', '{"workspace":""}', ['/workspace']],
    ['one unknown field', '{"user":"7"}', ['/user']],
    ['several unknown fields', '{"a":1,"b":2,"c":3}', ['/a', '/b', '/c']],
    ['wrong and unknown fields', '{"user_id":7,"x":1}', ['/user_id', '/x']],
    [
      'every field wrong',
      '{"user_id":"","workspace":1,"min_ttl":"1","refused":2}',
      ['/user_id', '/workspace', '/min_ttl', '/refused'],
    ],
    ['a number as user', '{"user_id":7}', ['/user_id']],
    ['null as user', '{"user_id":null}', ['/user_id']],
    ['a user of 21 digits', '{"user_id":"123456789012345678901"}', ['/user_id']],
    ['a user without digits', '{"user_id":""}', ['/user_id']],
    ['a blank user', '{"user_id":" "}', ['/user_id']],
    ['a user with a line break after it', '{"user_id":"7\\n"}', ['/user_id']],
    ['a user with a header in it', '{"user_id":"7\\r\\nX-Evil: 1"}', ['/user_id']],
    ['a path as user', '{"user_id":"../7"}', ['/user_id']],
    ['an encoded path as user', '{"user_id":"7%2Flogout"}', ['/user_id']],
    ['a query as user', '{"user_id":"7?associative=true"}', ['/user_id']],
    ['digits of another script', '{"user_id":"٧"}', ['/user_id']],
    ['a negative user', '{"user_id":"-1"}', ['/user_id']],
    ['a list of users', '{"user_id":["7"]}', ['/user_id']],
    ['a negative min_ttl', '{"min_ttl":-1}', ['/min_ttl']],
    ['a min_ttl over an hour less margin', '{"min_ttl":3301}', ['/min_ttl']],
    ['half seconds', '{"min_ttl":0.5}', ['/min_ttl']],
    ['a text as min_ttl', '{"min_ttl":"60"}', ['/min_ttl']],
    ['an endless min_ttl', '{"min_ttl":1e999}', ['/min_ttl']],
    ['a digest of 42 characters', `{"refused":"${digest.slice(1)}"}`, ['/refused']],
    ['a digest of 44 characters', `{"refused":"${digest}="}`, ['/refused']],
    ['a digest in plain base64', `{"refused":"${digest.replace('-', '+')}"}`, ['/refused']],
    ['a digest in hex', `{"refused":"${'9f'.repeat(32)}"}`, ['/refused']],
    ['an empty digest', '{"refused":""}', ['/refused']],
    ['no JSON', 'user_id=7', ['']],
    ['blanks', '  ', ['']],
    ['half an object', '{"user_id":"7"', ['']],
    ['a list', '[]', ['']],
    ['a text', '"7"', ['']],
    ['null', 'null', ['']],
    ['a number', '7', ['']],
    ['true', 'true', ['']],
    ['a bomb of lists', '['.repeat(4_000) + ']'.repeat(4_000), ['']],
    ['a bomb of objects in a field', `{"x":${'{"a":'.repeat(900)}1${'}'.repeat(900)}}`, ['/x']],
    ['a prototype', '{"__proto__":{"user_id":"7"}}', ['/__proto__']],
    ['a constructor', '{"constructor":{"prototype":{}}}', ['/constructor']],
    ['a field named prototype', '{"prototype":1}', ['/prototype']],
    [
      'a field of every object',
      '{"toString":1,"hasOwnProperty":2}',
      ['/toString', '/hasOwnProperty'],
    ],
    ['a repeated field', '{"user_id":"1","user_id":"2"}', ['/user_id']],
    ['a field repeated in escapes', '{"user_id":"1","user\\u005fid":"2"}', ['/user_id']],
    [
      'a repeated field around others',
      '{"min_ttl":1,"x":[{"min_ttl":1}],"min_ttl":1}',
      ['/min_ttl', '/x'],
    ],
    ['names with pointer characters', '{"a/b":1,"c~d":2}', ['/a~1b', '/c~0d']],
    ['a name of 5,000 characters', `{"${'n'.repeat(5_000)}":1}`, [`/${'n'.repeat(64)}`]],
  ])('with %s is a 400 that points to it, and calls nothing', async (_, body, pointers) => {
    const { statusCode, problem, calls } = await ask({ body })

    expect(statusCode).toBe(400)
    expect(problem.type).toBe('urn:problem-type:looker-token-broker:invalid-request')
    expect(problem.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers)
    expect(calls).toBe(0)
  })

  it.each<[string, Parameters<typeof httpEvent>[0]]>([
    ['no body', {}],
    ['an empty body', { body: '' }],
    ['an empty object', { body: '{}' }],
    ['a body in base64', { body: 'eyJ1c2VyX2lkIjoiNyJ9', isBase64Encoded: true }],
    ['a user of 1 digit', { body: '{"user_id":"0"}' }],
    ['a user of 20 digits', { body: '{"user_id":"12345678901234567890"}' }],
    ['the least min_ttl', { body: '{"min_ttl":0}' }],
    ['the most min_ttl', { body: '{"min_ttl":3300}' }],
    ['the digest of a refused token', { body: `{"refused":"${digest}"}` }],
    ['a repeated text in values', { body: '{"user_id":"7","workspace":"dev","min_ttl":7}' }],
    [
      'a form as content type',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    ],
    ['an unknown content type', { body: '{}', headers: { 'content-type': 'a/b; charset=utf-16' } }],
    ['8,192 bytes', { body: `{}${' '.repeat(8_190)}` }],
  ])('with %s is answered', async (_, event) => {
    const { statusCode, calls } = await ask(event)

    expect(statusCode).toBe(200)
    expect(calls).toBe(1)
  })

  it.each<[string, Parameters<typeof httpEvent>[0]]>([
    ['8,193 bytes', { body: `{}${' '.repeat(8_191)}` }],
    ['8,193 bytes of 4,100 characters', { body: `{"${'é'.repeat(4_093)}":1} ` }],
    [
      '8,193 bytes in base64',
      { body: Buffer.from(`{}${' '.repeat(8_191)}`).toString('base64'), isBase64Encoded: true },
    ],
    ['ten megabytes', { body: 'x'.repeat(10_000_000) }],
  ])('with %s is refused unread', async (_, event) => {
    const { statusCode, problem, calls } = await ask(event)

    expect(statusCode).toBe(400)
    expect(problem.detail).toBe('The body is over 8192 bytes.')
    expect(calls).toBe(0)
  })

  it('with a thousand unknown fields gets an answer of bounded length', async () => {
    const fields = Array.from({ length: 900 }, (_, index) => `"${index}":1`)

    const { statusCode, problem } = await ask({ body: `{${fields.join()}}` })

    expect(statusCode).toBe(400)
    expect(problem.errors).toHaveLength(100)
  })

  it('leaves the names of repeated fields out of the log', async () => {
    const { source, events } = rimBroker()
    const body = '{"pasted-token":1,"pasted-token":2}'

    const answer = await create(source).handler(httpEvent({ body }), context)

    expect(JSON.stringify(events)).not.toContain('pasted-token')
    expect(JSON.stringify(answer)).toContain('/pasted-token')
  })

  it('leaves the names of unknown fields out of the log', async () => {
    const { source, events } = rimBroker()

    await create(source).handler(httpEvent({ body: '{"pasted-token":1,"user_id":7}' }), context)

    expect(events).toEqual([
      {
        name: 'request-failed',
        function: 'issue-api-token',
        request_id: 'request-1',
        code: 'invalid-request',
        status: 400,
        error: '/user_id: write a text; unknown field (1)',
      },
    ])
  })
})

describe('a query', () => {
  it.each(['user_id=7', 'x', '&'])('as in ?%s is refused, so no field is lost', async (query) => {
    const { statusCode, problem, calls } = await ask({ body: '{}', rawQueryString: query })

    expect(statusCode).toBe(400)
    expect(problem.detail).toBe('Write the fields into the body, not the query.')
    expect(calls).toBe(0)
  })
})

describe('a direct payload', () => {
  it.each<[string, unknown, string[]]>([
    ['of wrong and unknown fields', { user_id: 7, a: 1, b: 2 }, ['/user_id', '/a', '/b']],
    ['that is a list', [], ['']],
    ['that is a text', 'x', ['']],
    ['that is null', null, ['']],
    ['that is absent', undefined, ['']],
    ['with a prototype', JSON.parse('{"__proto__":{"user_id":"7"}}'), ['/__proto__']],
  ])('%s is a problem that points to it', async (_, payload, pointers) => {
    const { source, getToken } = rimBroker()

    const problem = await create(source).direct(payload, context)

    expect(problem).toMatchObject({ status: 400, errors: pointers.map((pointer) => ({ pointer })) })
    expect(getToken).not.toHaveBeenCalled()
  })
})

describe('two thousand bodies of any kind', () => {
  const field = fc.constantFrom('user_id', 'workspace', 'min_ttl', 'refused', '__proto__', 'x')
  const value = fc.oneof(
    fc.constantFrom('7', 'dev', 'production', digest, 60, 3300, null),
    fc.string({ unit: 'binary' }),
    fc.jsonValue(),
  )
  const body = fc.oneof(
    fc.dictionary(field, value).map((record) => JSON.stringify(record)),
    fc.json(),
    fc.string({ unit: 'binary' }),
    fc.array(fc.tuple(field, value)).map((pairs) => {
      const texts = pairs.map(([name, one]) => `${JSON.stringify(name)}:${JSON.stringify(one)}`)
      return `{${texts.join()}}`
    }),
  )

  it('are answered or refused, and never break the broker', async () => {
    const seen = new Set<number>()

    await fc.assert(
      fc.asyncProperty(body, fc.boolean(), async (text, isBase64Encoded) => {
        const { statusCode, calls } = await ask({ body: text, isBase64Encoded })
        seen.add(statusCode ?? 0)
        expect([200, 400]).toContain(statusCode)
        expect(calls).toBe(statusCode === 200 ? 1 : 0)
      }),
      { numRuns: 2_000 },
    )

    expect([...seen].toSorted((a, b) => a - b)).toEqual([200, 400])
  })
})
