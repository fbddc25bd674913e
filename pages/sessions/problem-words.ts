// What went wrong, in words, and what to do about it.

/** What the page offers beside the words. */
export type Remedy = 'sign-in' | 'first-page' | 'retry'

export type Trouble = { readonly text: string; readonly remedy: Remedy }

/** An answer that is none of success. `code` is the last part of a problem's type; gateways give none. */
export type Refusal = {
  readonly status: number
  readonly code: string | undefined
  readonly detail: string | undefined
  readonly requestId: string | undefined
}

export const troubleOf = (refusal: Refusal): Trouble => {
  const { status, code } = refusal
  if (code === 'invalid-request') {
    const text = `The API does not take this: ${sentence(refusal.detail)} The list is good for an hour; load it again.`
    return { text, remedy: 'first-page' }
  }
  if (code === 'origin-not-allowed') {
    const text =
      'The API does not know this page. Add its origin to admin.origins in the tenant file.'
    return { text, remedy: 'retry' }
  }
  if (code === 'not-found' || status === 404) {
    const text = 'This stage has no list of sessions. Write the section admin into its tenant file.'
    return { text, remedy: 'retry' }
  }
  if (status === 401) return { text: 'Your sign-in is over. Sign in again.', remedy: 'sign-in' }
  if (status === 403) {
    const text =
      'You are signed in, but you may not see sessions. Sign in as an administrator, or ask for the right.'
    return { text, remedy: 'sign-in' }
  }
  return { text: failureWords(refusal), remedy: 'retry' }
}

const failureWords = ({ status, code, detail, requestId }: Refusal): string => {
  if (status === 429) return 'Too many requests at present. Wait a moment, then try again.'
  const what =
    code === undefined || status === 500 ? `The API failed (${status}).` : sentence(detail)
  const where = requestId === undefined ? '' : ` The log has it as request ${requestId}.`
  return `${what} Try again in a moment.${where}`
}

const sentence = (detail = 'no reason is given'): string =>
  /[.!?]$/.test(detail) ? detail : `${detail}.`

export const unreachable: Trouble = {
  text: 'The API cannot be reached. Check your network; if others reach it, this page may be missing from admin.origins.',
  remedy: 'retry',
}

/** By the gateway, in an answer that no page can read. */
export const refusedUnread: Trouble = {
  text: 'The API refuses your sign-in: it is over, or you may not see sessions. Sign in again, as an administrator.',
  remedy: 'sign-in',
}

export const tooSlow: Trouble = {
  text: 'The API takes too long to answer. Try again in a moment.',
  remedy: 'retry',
}
