// Inline queries at the simulated Looker.
import { describe, expect, it } from 'vitest'
import { createLookerSimulator } from '../../../local/looker/server.ts'

const created = () => {
  const simulator = createLookerSimulator({ now: () => 0 })
  const token = simulator.state.tokens.issue({ userId: '1000', sudoUserId: undefined })
  const run = (format: string, body: unknown, authorization = `Bearer ${token}`) =>
    simulator.fetch(`http://looker.test/api/4.0/queries/run/${format}`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { authorization },
    })
  return { simulator, run }
}

const orders = { model: 'thelook', view: 'orders', fields: ['orders.id', 'users.city'] }

type Row = Record<string, unknown>

const rowsOf = async (response: Response): Promise<Row[]> => JSON.parse(await response.text())

const typeOf = (response: Response) => response.headers.get('content-type')

describe('an inline query at the simulated Looker', () => {
  it('answers 500 rows by default, and always the same', async () => {
    const { run } = created()

    const first = await run('json', orders)
    const rows = await rowsOf(first)
    const again = await rowsOf(await run('json', orders))

    expect(typeOf(first)).toBe('application/json;charset=utf-8')
    expect(rows).toHaveLength(500)
    expect(rows.slice(0, 2)).toEqual([
      { 'orders.id': 1, 'users.city': 'Aarhus 1' },
      { 'orders.id': 2, 'users.city': 'Brno 2' },
    ])
    expect(rows[99]).toEqual({ 'orders.id': 100, 'users.city': null })
    expect(again).toEqual(rows)
  })

  it('answers fields by the kind that their names tell', async () => {
    const { run } = created()
    const fields = ['orders.count', 'orders.created_date', 'orders.total_price']

    const response = await run('json', { model: 'finance', view: 'invoices', fields, limit: '2' })

    await expect(response.json()).resolves.toEqual([
      { 'orders.count': 0, 'orders.created_date': '2026-01-01', 'orders.total_price': 0 },
      { 'orders.count': 37, 'orders.created_date': '2026-02-02', 'orders.total_price': 37 },
    ])
  })

  it.each([
    ['csv', 'text/csv;charset=utf-8', 'Orders Id,Users City', '6,"東京, ""Tokyo"" 6"'],
    ['txt', 'text/plain;charset=utf-8', 'Orders Id\tUsers City', '6\t東京, "Tokyo" 6'],
  ])('in %s has a header of labels and a line for each row', async (format, type, head, last) => {
    const { run } = created()

    const response = await run(format, { ...orders, limit: '6' })
    const text = await response.text()

    expect(typeOf(response)).toBe(type)
    expect(text.split('\n')).toHaveLength(8)
    expect(text.startsWith(`${head}\n`)).toBe(true)
    expect(text.endsWith(`${last}\n`)).toBe(true)
  })

  it.each([
    ['png', 'image/png', 264],
    ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 260],
  ])('as %s holds every byte there is', async (format, type, length) => {
    const { run } = created()

    const response = await run(format, orders)
    const bytes = new Uint8Array(await response.arrayBuffer())

    expect(typeOf(response)).toBe(type)
    expect(bytes).toHaveLength(length)
    expect(Array.from(bytes.slice(-256))).toEqual(Array.from({ length: 256 }, (_, byte) => byte))
  })

  it('takes the limit in the URL before that of the query', async () => {
    const { run } = created()

    const response = await run('json?limit=3', { ...orders, limit: '9' })

    await expect(response.json()).resolves.toHaveLength(3)
  })

  it('writes a million rows piece by piece, as they are read', async () => {
    const { run } = created()
    const response = await run('csv', { ...orders, limit: 1_000_000 })
    const reader = response.body?.getReader()

    await reader?.read()
    const second = await reader?.read()
    await reader?.cancel()

    const text = new TextDecoder().decode(second?.value)
    expect(text.startsWith('1,Aarhus 1\n')).toBe(true)
    expect(text.trimEnd().split('\n')).toHaveLength(500)
  })

  it.each([
    ['an unknown model', 'json', { ...orders, model: 'nothing' }, 404],
    ['a view of another model', 'json', { ...orders, model: 'finance' }, 404],
    ['an unknown format', 'pdf', orders, 400],
  ])('is refused with %s', async (_, format, body, status) => {
    const { run } = created()

    const response = await run(format, body)

    expect(response.status).toBe(status)
    await expect(response.json()).resolves.toEqual({
      message: expect.any(String),
      documentation_url: expect.any(String),
    })
  })

  it.each([
    ['without fields', { model: 'thelook', view: 'orders' }, ['fields missing_field']],
    ['with an empty list of fields', { ...orders, fields: [] }, ['fields missing_field']],
    [
      'without model and view',
      { fields: ['orders.id'] },
      ['model missing_field', 'view missing_field'],
    ],
    ['with a field that is no name', { ...orders, fields: ['orders'] }, ['fields invalid']],
    ['with the limit 0', { ...orders, limit: '0' }, ['limit invalid']],
    ['with more than a million rows', { ...orders, limit: 1_000_001 }, ['limit invalid']],
    ['that is no JSON', '{', ['body invalid']],
  ])('%s is not valid, and every such field is named', async (_, body, expected) => {
    const { run } = created()

    const response = await run('json', body)
    const { message, errors } = JSON.parse(await response.text())

    expect(response.status).toBe(422)
    expect(message).toBe('Validation Failed')
    expect(errors.map(({ field, code }: Record<string, string>) => `${field} ${code}`)).toEqual(
      expected,
    )
  })

  it('is not run without a valid token', async () => {
    const { run } = created()

    const response = await run('json', orders, 'Bearer unknown')

    expect(response.status).toBe(401)
  })

  it('plays the faults that were set for it', async () => {
    const { simulator, run } = created()
    const headers = { 'retry-after': '7' }
    simulator.queueFaults('run_inline_query', { kind: 'status', status: 429, headers })

    const limited = await run('json', orders)
    const served = await run('json', orders)

    expect(limited.status).toBe(429)
    expect(limited.headers.get('retry-after')).toBe('7')
    expect(served.status).toBe(200)
    expect(simulator.counts().calls).toEqual({ run_inline_query: 2 })
  })

  it('of which half arrives keeps its type, and is known to be cut', async () => {
    const { simulator, run } = created()
    const token = simulator.state.tokens.issue({ userId: '1000', sudoUserId: undefined })
    const whole = await (await run('csv', orders)).arrayBuffer()
    simulator.setFault('run_inline_query', { kind: 'half-body' })
    const server = await simulator.listen()

    const response = await fetch(`${server.url}/api/4.0/queries/run/csv`, {
      method: 'POST',
      body: JSON.stringify(orders),
      headers: { authorization: `Bearer ${token}` },
    })
    const text = response.text()

    expect(typeOf(response)).toBe('text/csv;charset=utf-8')
    expect(Number(response.headers.get('content-length'))).toBe(whole.byteLength)
    await expect(text).rejects.toBeInstanceOf(TypeError)
    await server.close()
  })
})
