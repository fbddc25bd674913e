// Which route answers a request, by the rules of HTTP APIs: the most specific path wins, then a greedy
// one, then `$default`; a path that exists under another method is not found.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
import type { Route } from '../serverless-config.ts'

export type Match = {
  readonly route: Route
  /** Decoded values of `{name}` and `{name+}`. */
  readonly parameters: Readonly<Record<string, string>>
}

export const matchRoute = (
  routes: readonly Route[],
  method: string,
  path: string,
): Match | undefined =>
  routes
    .filter((route) => route.method === 'ANY' || route.method === method)
    .toSorted(bySpecificity)
    .flatMap((route) => {
      const parameters = parametersOf(route, path)
      return parameters === undefined ? [] : { route, parameters }
    })[0]

/** For example `GET /sessions/{id}`, or `$default`. */
export const routeKeyOf = ({ method, path }: Route): string =>
  path === '$default' ? path : `${method} ${path}`

const bySpecificity = (one: Route, other: Route): number =>
  rankOf(one).localeCompare(rankOf(other)) ||
  Number(one.method === 'ANY') - Number(other.method === 'ANY')

// Per segment: literal before parameter before greedy; `$default` after everything.
const rankOf = ({ path }: Route): string => {
  if (path === '$default') return '9'
  return segmentsOf(path)
    .map((segment) => (segment.endsWith('+}') ? '2' : segment.startsWith('{') ? '1' : '0'))
    .join('')
}

const segmentsOf = (path: string): readonly string[] => path.split('/').slice(1)

const parametersOf = (route: Route, path: string): Record<string, string> | undefined => {
  if (route.path === '$default') return {}
  const wanted = segmentsOf(route.path)
  const given = segmentsOf(path)
  const isGreedy = route.path.endsWith('+}')
  if (isGreedy ? given.length < wanted.length : given.length !== wanted.length) return undefined
  const found: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const name = /^\{(.+?)(\+?)\}$/.exec(segment)
    const value = name?.[2] === '+' ? given.slice(index).join('/') : given[index]
    if (value === undefined || value === '') return undefined
    if (name?.[1] === undefined ? value !== segment : false) return undefined
    if (name?.[1] !== undefined) found[name[1]] = decoded(value)
  }
  return found
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
