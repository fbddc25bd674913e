// What options of several commands have in common.
import { InvalidArgumentError } from 'commander'
import { stageName } from './tenant-file.ts'

/** The tenant file may be gone, so only the form is asked for. */
export const parseStage = (text: string): string => {
  if (stageName.test(text)) return text
  throw new InvalidArgumentError('Write the name of a stage, as "acme".')
}

export const parseMinutes = (text: string): number => {
  const minutes = Number(text)
  if (/^\d{1,4}$/.test(text) && minutes <= 1_440) return minutes
  throw new InvalidArgumentError('Write whole minutes from 0 to 1440.')
}

export const regionHelp = 'as for deploying; else AWS_REGION, AWS_DEFAULT_REGION, us-east-1'
