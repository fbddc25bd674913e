import { expect, test } from 'vitest'
import { whoseSession } from '../../lib/embed/whose.ts'

const key = {
  partition: 'embed-session#https%3A%2F%2Flooker#ann%40example.com',
  sort: 'device#abc',
}

test('an event names user and device by digests that are no names', () => {
  const { user, device } = whoseSession(key)

  expect([user, device]).toEqual([
    expect.stringMatching(/^[\w-]{12}$/),
    expect.stringMatching(/^[\w-]{12}$/),
  ])
  expect(JSON.stringify({ user, device })).not.toMatch(/ann|abc/)
})

test('users and devices are told apart, and a user is the same on every device', () => {
  const one = whoseSession(key)

  expect(whoseSession({ ...key, sort: 'device#other' })).toEqual({
    user: one.user,
    device: expect.not.stringContaining(one.device),
  })
  const bob = whoseSession({ ...key, partition: 'embed-session#https%3A%2F%2Flooker#bob' })
  expect(bob.user).not.toBe(one.user)
})
