import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { problemKinds } from '../../lib/http/problem.ts'

const page = readFileSync(new URL('../../docs/problems.md', import.meta.url), 'utf8')

describe('the page of problems', () => {
  it('lists every code with its status, once', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\d{3}) /gm)]

    const documented = rows.map(([, code, status]) => `${code} ${status}`)

    const real = Object.entries(problemKinds).map(([code, { status }]) => `${code} ${status}`)
    expect(documented).toHaveLength(real.length)
    expect(new Set(documented)).toEqual(new Set(real))
  })

  it('tells of each what it means, what a caller does and what the operator does', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'))

    const cells = rows.map((line) => line.split('|').slice(3, -1))

    expect(cells).toHaveLength(23)
    for (const row of cells) {
      expect(row).toHaveLength(3)
      for (const cell of row) expect(cell.trim()).toMatch(/^[A-Z].*\.$/)
    }
  })
})
