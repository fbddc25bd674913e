// Who is signed in at the customer's site, as its cookie says it.

export type SignIn = {
  readonly user: string
  /** When the user last signed in, epoch seconds. */
  readonly atSeconds: number
}

export const cookieName = 'signed-in'

export const cookieOf = ({ user, atSeconds }: SignIn): string => `${user}.${atSeconds}`

export const signInOf = (cookie: string | undefined): SignIn | undefined => {
  const [, user, at] = /^(\w+)\.(\d+)$/.exec(cookie ?? '') ?? []
  return user === undefined ? undefined : { user, atSeconds: Number(at) }
}

/** Of `name=value`, as an HTTP API hands them on. */
export const claimsOfCookie = (cookies: readonly string[]) => {
  const [, value] = cookies.map((cookie) => cookie.split('=')).find(isOurs) ?? []
  const signIn = signInOf(value)
  return signIn && { sub: signIn.user, auth_time: signIn.atSeconds }
}

const isOurs = ([name]: readonly string[]) => name === cookieName
