// The sign-in of the page: who can sign in, who is signed in, and fresh tokens for the broker.

export type Person = {
  readonly sub: string
  readonly given_name: string
  readonly family_name: string
  readonly role: string
  readonly region: string
}

export type SignIn = {
  readonly person: Person | null
  readonly people: readonly Person[]
  readonly roles: readonly string[]
}

const post = async <T>(path: string, body: unknown = {}): Promise<T> => {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(`The sign-in answered ${answer.status}.`)
  return answer.json()
}

export const currentSignIn = async (): Promise<SignIn> => (await fetch('/session')).json()
export const signInAs = (sub: string): Promise<SignIn> => post('/sign-in', { sub })
export const signOut = (): Promise<SignIn> => post('/sign-out')
export const changeRole = (role: string): Promise<SignIn> => post('/role', { role })

/** A new one at every call: one that ended would be refused, and the frame with it. */
export const freshToken = async (): Promise<string> =>
  (await post<{ readonly token: string }>('/token')).token

export const nameOf = ({ given_name: given, family_name: family }: Person): string =>
  `${given} ${family}`

export const initialsOf = ({ given_name: given, family_name: family }: Person): string =>
  `${given.charAt(0)}${family.charAt(0)}`
