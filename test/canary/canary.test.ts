// No secret leaves by any other way than the `access_token` of a 200: every route and every failure is
// run, all that is written is collected, and searched for every secret in every encoding.
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { clientSecret, createHunt, pastedToken } from './hunt.ts'
import { runInProcess, runUnexpected } from './in-process.ts'
import { runProcesses } from './processes.ts'
import { encodings, findSecrets, spellingsOf } from './search.ts'
import { createWatch, watchConsole } from './watch.ts'

const hunt = createHunt()
const { written, secrets } = hunt

beforeAll(async () => {
  watchConsole(hunt)
  await runInProcess(hunt)
  await runUnexpected(hunt)
  await runProcesses(hunt)
  vi.restoreAllMocks()
}, 180_000)

afterAll(() => {
  vi.restoreAllMocks()
})

describe('everything that was written', () => {
  it('was collected from every way out, with secrets of every kind in play', () => {
    const sources = new Map<string, number>()
    for (const { source } of written) sources.set(source, (sources.get(source) ?? 0) + 1)

    expect(Object.fromEntries(sources)).toEqual({
      console: expect.any(Number),
      event: expect.any(Number),
      URL: expect.any(Number),
      'error of the store': expect.any(Number),
      'error of the keys': expect.any(Number),
      'HTTP headers': expect.any(Number),
      'HTTP body': expect.any(Number),
      'direct answer': expect.any(Number),
      'scheduled run': expect.any(Number),
      'token or error': expect.any(Number),
      broker: expect.any(Number),
      'output of npm start': 1,
      'output of tenant:secret': 4,
    })
    expect(written.length).toBeGreaterThan(1_000)
    expect(secrets.filter((secret) => typeof secret === 'string').length).toBeGreaterThan(20)
    expect(secrets.filter((secret) => typeof secret !== 'string').length).toBeGreaterThan(20)
  })

  it('holds no secret in any encoding', () => {
    const hits = findSecrets(written, secrets)

    expect(hits).toEqual([])
  })
})

describe('the search', () => {
  it.each(
    encodings.flatMap((encoding) =>
      [clientSecret, Buffer.from(clientSecret)].map((secret) => [encoding, secret] as const),
    ),
  )('finds a secret in %s', (encoding, secret) => {
    const needles = spellingsOf(secret).get(encoding) ?? []

    const found = needles.map((needle) =>
      findSecrets([{ source: 's', text: `a ${needle} z` }], [secret]),
    )

    expect(found.length).toBeGreaterThan(0)
    for (const hits of found) expect(hits).toContainEqual({ source: 's', encoding })
  })

  it.each(['', 'x', 'xy', 'xyz'])(
    'finds base64 of a text in which it stands after "%s"',
    (before) => {
      const text = Buffer.from(`${before}${clientSecret}!`).toString('base64')

      const hits = findSecrets([{ source: 's', text }], [clientSecret])

      expect(hits).toContainEqual({ source: 's', encoding: 'base64' })
    },
  )

  it.each<[string, (leak: ReturnType<typeof createWatch>) => void]>([
    ['the console', () => console.info('token', { held: pastedToken })],
    ['a stream', () => process.stderr.write(`token ${pastedToken}\n`)],
    [
      'the cause of an error',
      ({ note: tell }) => tell('e', new Error('x', { cause: new Error(pastedToken) })),
    ],
    [
      'a hidden field',
      ({ note: tell }) => tell('e', Object.defineProperty({}, 'x', { value: pastedToken })),
    ],
  ])('finds what leaks by %s', (_, leak) => {
    const own = createWatch()
    watchConsole(own)

    leak(own)
    vi.restoreAllMocks()

    expect(findSecrets(own.written, [pastedToken])).not.toEqual([])
  })
})
