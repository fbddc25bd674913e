// What a command repeats of an error of AWS.
import { codeOf } from '../lib/errors.ts'

const mostPieces = 60
/** Shorter than any secret of Looker or AWS. */
const word = /^[A-Za-z]{1,23}$/
const action = /^[a-z0-9-]{1,30}:[A-Z][A-Za-z]{1,60}$/
const arn = /^arn:[a-z-]{1,20}:[a-z0-9-]*:[a-z0-9-]*:\d*:[\w+=,.@:/-]{1,200}$/

/**
 * The code, and of the message words, actions and ARNs, with … for everything else. AWS quotes what was sent to it:
 * where a signature does not fit, for one, the session token of the operator.
 */
export const toldByAws = (error: unknown): string => {
  const [line = ''] = (error instanceof Error ? error.message : '').trim().split('\n')
  const pieces = line.split(/\s+/).slice(0, mostPieces).map(repeatable)
  const told = pieces.filter((piece, index) => piece !== '…' || pieces[index - 1] !== '…')
  return [codeOf(error), told.join(' ')].filter(Boolean).join(': ')
}

const repeatable = (piece: string): string => {
  const bare = piece.replaceAll(/^["'(]+|["').,;:!?]+$/g, '')
  return bare === '' || [word, action, arn].some((shape) => shape.test(bare)) ? piece : '…'
}
