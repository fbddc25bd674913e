// A call to Looker that gave nothing, in words and with a remedy of its own where it has one. Pure.
import type { Outcome } from './facts.ts'
import { failed } from './finding.ts'
import type { Verdict } from './finding.ts'

type Failed = Outcome<unknown> & { readonly ok: false }

/** As the end of a sentence: `Looker … (HTTP 404)`. */
export const statusWords = ({ status }: Failed): string =>
  status === undefined ? '' : ` (HTTP ${status})`

export const isRefusal = ({ failure }: Failed): boolean => failure.startsWith('refused-')

/** Not a refusal: Looker is away, busy, or not itself. */
export const whyNotAnswered = (outcome: Failed, what: string): Verdict =>
  failed(
    `${what}: ${words[outcome.failure] ?? 'Looker answered otherwise than described'}${statusWords(outcome)}.`,
    outcome.failure === 'rate-limited'
      ? 'Wait a minute and run the doctor again.'
      : 'Run the doctor again; if it stays, look at the log and the status page of Looker.',
  )

const words: Readonly<Partial<Record<Failed['failure'], string>>> = {
  unreachable: 'the connection was lost',
  timeout: 'Looker did not answer in time',
  'rate-limited': 'Looker asks to slow down',
  'server-error': 'Looker failed',
  misrouted: 'a page came where the API should be',
}
