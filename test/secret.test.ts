import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Secret } from '../lib/secret.ts'

const secret = new Secret('abc')

describe('a secret', () => {
  it.each([
    ['as text', () => String(secret)],
    ['joined to a text', () => ['', secret].join('')],
    ['as JSON', () => JSON.stringify({ secret })],
    ['inspected', () => inspect({ secret }, { depth: 5, showHidden: true })],
    ['by its own properties', () => JSON.stringify(Object.entries(secret))],
  ])('does not show %s', (_, print) => {
    expect(print()).not.toContain('abc')
  })

  it('is revealed when asked', () => {
    expect(secret.reveal()).toBe('abc')
  })

  it('has the SHA-256 of its text as digest', () => {
    // The example of FIPS 180-2, B.1, in base64url.
    expect(secret.digest()).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
  })

  it.each([
    ['its own', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0', true],
    ['another', 'ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa1', false],
    ['a shorter one', 'ungWv48Bz', false],
    ['none', '', false],
  ])('knows its digest from %s', (_, digest, known) => {
    expect(secret.hasDigest(digest)).toBe(known)
  })
})
