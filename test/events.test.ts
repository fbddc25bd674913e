import { describe, expect, it } from 'vitest'
import { createLogReport, whose } from '../lib/events.ts'

const production = { user_id: null, workspace: 'production' }

const logged = () => {
  const lines: string[] = []
  return { lines, report: createLogReport((line) => void lines.push(line), 'acme') }
}

describe('the log', () => {
  it('has one JSON line an event, with the stage', () => {
    const { lines, report } = logged()

    report({ name: 'login-succeeded', login_ms: 12, user_id: '7', workspace: 'dev' })

    expect(lines).toEqual([
      '{"stage":"acme","name":"login-succeeded","login_ms":12,"user_id":"7","workspace":"dev"}',
    ])
  })

  it('leaves out what was answered from memory, and keeps every other layer', () => {
    const { lines, report } = logged()

    for (const layer of ['memory', 'table', 'login', 'alone'] as const) {
      report({ name: 'token-served', layer, ...production })
    }

    expect(lines.map((line) => JSON.parse(line).layer)).toEqual(['table', 'login', 'alone'])
  })

  it('keeps a line break of a message inside the line', () => {
    const { lines, report } = logged()

    report({
      name: 'request-failed',
      function: 'f',
      request_id: 'r',
      status: 400,
      code: 'invalid-request',
      error: 'a\r\nb\u2028c',
    })

    expect(lines[0]).not.toMatch(/[\r\n]/)
  })
})

describe('whom an event is about', () => {
  const client = { instance: 'https://looker.example.com', clientId: 'client' }

  it.each([
    [{ ...client, workspace: 'production' as const }, production],
    [
      { ...client, userId: '7', workspace: 'dev' as const },
      { user_id: '7', workspace: 'dev' },
    ],
  ])('is user and workspace, and never instance or client', (principal, expected) => {
    expect(whose(principal)).toEqual(expected)
  })
})
