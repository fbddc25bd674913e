// The Retry-After header, read against a given time. Pure; when to try again is decided elsewhere.

const longestMs = 3_600_000

// The three forms of RFC 9110 section 5.6.7. Date.parse alone would take "5 apples" for a day in May.
const fixDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const rfc850Date = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const asctimeDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/**
 * Milliseconds to wait from `nowAtMs`: 0 for the past or a negative number, at most one hour, and
 * undefined for what is neither whole seconds nor an HTTP-date.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export const retryAfterMsOf = (header: string | undefined, nowAtMs: number): number | undefined => {
  const text = header?.trim() ?? ''
  const waitMs = /^-?\d+$/.test(text) ? Number(text) * 1000 : dateOf(text) - nowAtMs
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(0, waitMs), longestMs)
}

const dateOf = (text: string): number => {
  if (fixDate.test(text) || rfc850Date.test(text)) return Date.parse(text)
  return asctimeDate.test(text) ? Date.parse(`${text} GMT`) : NaN
}
