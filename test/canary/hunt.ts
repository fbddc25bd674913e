// What is hunted, and what was collected so far, by one file of tests.
import { vi } from 'vitest'
import type { KmsDouble } from '../../local/kms/double.ts'
import type { SimulatorState } from '../../local/looker/state.ts'
import { createWatch } from './watch.ts'
import type { Watch } from './watch.ts'

export const clientSecret = 'canary"secret\\of+the/client=0001'
export const wrongSecret = 'canary-secret-that-is-not-the-one'
export const pastedToken = 'canary-token-that-a-caller-pasted-where-it-does-not-belong'

export type Hunt = Watch & {
  /** Grows with every token and data key that comes into being. */
  readonly secrets: (string | Buffer)[]
  /** From now on, until the mocks are restored. */
  readonly markTokens: (state: SimulatorState) => void
  readonly markDataKeys: (double: KmsDouble) => void
}

export const createHunt = (): Hunt => {
  const secrets: (string | Buffer)[] = [clientSecret, wrongSecret, pastedToken]
  return {
    ...createWatch(),
    secrets,
    markTokens: ({ tokens }) => {
      const { issue } = tokens
      vi.spyOn(tokens, 'issue').mockImplementation((whose) => {
        const token = issue(whose)
        secrets.push(token)
        return token
      })
    },
    markDataKeys: (double) => {
      const { generateDataKey, decrypt } = double
      vi.spyOn(double, 'generateDataKey').mockImplementation((...call) => {
        const outcome = generateDataKey(...call)
        if ('answer' in outcome) secrets.push(Buffer.from(outcome.answer.plaintext))
        return outcome
      })
      vi.spyOn(double, 'decrypt').mockImplementation((...call) => {
        const outcome = decrypt(...call)
        if ('answer' in outcome) secrets.push(Buffer.from(outcome.answer.plaintext))
        return outcome
      })
    },
  }
}

/** An answer without the one field that may hold a token. */
export const withoutToken = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  const { access_token: _, ...rest } = { access_token: undefined, ...value }
  return rest
}
