// What `npm start` says when everything answers: the addresses on one line, then where to go next.
import { localKeys } from './addresses.ts'

export const tokenCommand = (broker: string, body = '{}'): string => {
  const [key] = localKeys
  return `curl -s --aws-sigv4 aws:amz:us-east-1:execute-api --user ${key?.accessKeyId}:${key?.secretAccessKey} -d '${body}' ${broker}/api-token`
}

export const welcome = (at: {
  readonly broker: string
  /** The simulator; absent with a real Looker. */
  readonly looker: string | undefined
  readonly lookerApi: string
  readonly table: string
}): string => {
  const lookerName = at.looker === undefined ? 'Looker' : 'Looker simulator'
  const lines = [
    `Ready: broker ${at.broker}, ${lookerName} ${at.looker ?? at.lookerApi}, table in ${at.table}.`,
    '',
    'A token:',
    `  ${tokenCommand(at.broker)}`,
    'A token of user 7 in the dev workspace:',
    `  ${tokenCommand(at.broker, '{"user_id":"7","workspace":"dev"}')}`,
  ]
  if (at.looker !== undefined) {
    lines.push('What the simulator counted:', `  curl -s ${at.looker}/simulator`)
  }
  if (at.table === 'memory') {
    lines.push(
      '',
      'There is no Java 17 here, so the table is in memory and ends with this process.',
    )
  }
  return lines.join('\n')
}
