// What may be the external id of an embed user, fixed or from a claim. Pure.

/** Of the id in percent-encoding, as a key of the table has it: a key has at most 2,048 bytes in all. */
const longestEncoded = 1_200

/**
 * 1 to 200 characters, without control characters, lone surrogates and blanks at the ends. `<nil>` is a null
 * in the text of some gateways, and would be one Looker user for all who have no id.
 */
export const isUserId = (id: string): boolean =>
  /^[^\p{Cc}\p{Cs}]{1,200}$/u.test(id) &&
  id.trim() === id &&
  id !== '<nil>' &&
  encodeURIComponent(id).length <= longestEncoded
