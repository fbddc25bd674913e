// What every command tells of what went wrong.

/** What the operator can mend, in one line. */
export class Remedy extends Error {}

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'unknown'
