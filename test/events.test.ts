import { describe, expect, it } from 'vitest'
import { whose } from '../lib/events.ts'

const production = { user_id: null, workspace: 'production' }

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
