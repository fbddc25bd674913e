import { describe, expect, test } from 'vitest'
import { matchRoute } from '../../../local/gateway/routing.ts'
import { route } from './service.ts'

const routes = [
  route('$default', 'rest'),
  route('ANY /files/{proxy+}', 'greedy'),
  route('GET /sessions/{id}', 'one'),
  route('GET /sessions/mine', 'mine'),
  route('ANY /sessions/{id}', 'any'),
  route('GET /health', 'health'),
]
const withoutDefault = routes.slice(1)

const nameFor = (method: string, path: string, among = withoutDefault) =>
  matchRoute(among, method, path)?.route.functionName

describe('the route of a request', () => {
  test.each([
    ['GET', '/health', 'health'],
    ['GET', '/sessions/mine', 'mine'],
    ['GET', '/sessions/abc', 'one'],
    ['DELETE', '/sessions/abc', 'any'],
    ['PUT', '/files/a/b', 'greedy'],
  ])('%s %s goes to %s', (method, path, expected) => {
    expect(nameFor(method, path)).toBe(expected)
  })

  test.each([
    ['POST', '/health'],
    ['GET', '/health/'],
    ['GET', '/Health'],
    ['GET', '/sessions'],
    ['GET', '/sessions/'],
    ['GET', '/sessions/a/b'],
    ['GET', '/files'],
    ['GET', '/files/'],
    ['GET', '/'],
  ])('%s %s is not found, or goes to $default if there is one', (method, path) => {
    expect(nameFor(method, path)).toBeUndefined()
    expect(nameFor(method, path, routes)).toBe('rest')
  })

  test('parameters are decoded, and an encoded slash does not make a segment', () => {
    const match = matchRoute(routes, 'GET', '/sessions/a%2Fb%20c')

    expect(match?.parameters).toEqual({ id: 'a/b c' })
  })

  test('a greedy parameter takes the rest of the path', () => {
    const match = matchRoute(routes, 'GET', '/files/a/b')

    expect(match?.parameters).toEqual({ proxy: 'a/b' })
  })

  test('a parameter that is not well encoded is left as it is', () => {
    const match = matchRoute(routes, 'GET', '/sessions/%zz')

    expect(match?.parameters).toEqual({ id: '%zz' })
  })
})
