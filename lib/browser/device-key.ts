// The key of this browser: 128 random bits in a first-party cookie of the page's host.
import type { Surroundings } from './surroundings.ts'

export type DeviceOptions = {
  /** Default: `__Host-looker-device`. A name with this prefix needs HTTPS, which embedding needs anyway. */
  readonly cookie?: string
}

/** Undefined: lasting for a new key, and a key that is there stays as it is. */
type Lasting = boolean | undefined

/** A year: somebody who comes back tomorrow joins the session that still lives, and ends none. */
const lastingSeconds = 365 * 24 * 60 * 60

/**
 * Resolves to the same 22 characters of base64url in all tabs of this origin. Where cookies are refused
 * the key lasts as long as the page. `isLasting` false: it ends with the browser session.
 */
export const createDeviceKey = (
  { cookie = '__Host-looker-device' }: DeviceOptions,
  { alone, cookies, random }: Surroundings,
  isLasting?: Lasting,
): (() => Promise<string>) => {
  const kept = () => {
    const pattern = /^[\w-]{22}$/
    const pairs = cookies.read().split(/;\s*/)
    const values = pairs.filter((pair) => pair.startsWith(`${cookie}=`))
    return values.map((pair) => pair.slice(cookie.length + 1)).find((text) => pattern.test(text))
  }
  let key: Promise<string> | undefined
  // Under a lock: two tabs that open at once would each read nothing and keep a key of their own.
  return () =>
    (key ??= alone(`${cookie} of this browser`, async () => {
      const found = kept()
      if (found !== undefined && isLasting === undefined) return found
      const value = found ?? base64UrlOf(random(16))
      const life = isLasting === false ? '' : ` Max-Age=${lastingSeconds};`
      cookies.write(`${cookie}=${value}; Path=/;${life} Secure; SameSite=Strict`)
      // What the cookie says now counts, should another tab without locks have been in between.
      return kept() ?? value
    }))
}

const base64UrlOf = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
