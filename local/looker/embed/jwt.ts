// JWTs under a key of this simulator, as Looker's are under a key of its own.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export type Jwts = {
  readonly sign: (claims: object) => string
  /** The claims as text; undefined when the token was not signed here. */
  readonly read: (token: string) => string | undefined
}

export const createJwts = (): Jwts => {
  const key = randomBytes(32)
  const signatureOf = (content: string) => createHmac('sha256', key).update(content).digest()

  return {
    sign: (claims) => {
      const content = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
      return `${content}.${signatureOf(content).toString('base64url')}`
    },
    read: (token) => {
      const [header = '', payload = '', signature = ''] = token.split('.')
      const given = Buffer.from(signature, 'base64url')
      const right = signatureOf(`${header}.${payload}`)
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined
      return Buffer.from(payload, 'base64url').toString('utf8')
    },
  }
}

/** Makes every token another one. */
export const randomizer = (): string => randomBytes(12).toString('base64url')

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
