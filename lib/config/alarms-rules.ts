// What the section `alarms` demands beside its keys. Looks at the raw file, as embed-rules.ts does.
import { fieldOf } from './schema.ts'

type Problem = { readonly path: string; readonly message: string }

/** Mistakes that no single key shows. No message repeats a value. */
export const alarmProblems = (unverified: unknown): Problem[] => {
  const alarms = fieldOf(unverified, 'alarms')
  if (!isGiven(alarms)) return []
  const places = ['email', 'topic_arn'].filter((key) => isGiven(fieldOf(alarms, key)))
  return places.length === 1
    ? []
    : [{ path: 'alarms', message: 'write exactly one of email and topic_arn' }]
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null
