// What `npm start` says: when everything answers, the addresses on one line and where to go next; when
// it cannot start, why.
import { localKeys } from './addresses.ts'

export type Welcome = {
  /** Address of the gateway. */
  readonly broker: string
  /** What requests must be signed for. */
  readonly region: string
  /** The simulator; absent with a real Looker. */
  readonly looker: string | undefined
  readonly lookerApi: string
  /** Of the demo page, and of what it loads from servers with the same certificate. */
  readonly demo: { readonly address: string; readonly others: readonly string[] }
  readonly table: 'DynamoDB Local' | 'DynamoDB as given' | 'memory'
}

export const tokenCommand = (at: Pick<Welcome, 'broker' | 'region'>, body = '{}'): string => {
  const [key] = localKeys
  return `curl -s --aws-sigv4 aws:amz:${at.region}:execute-api --user ${key?.accessKeyId}:${key?.secretAccessKey} -d '${body}' ${at.broker}/api-token`
}

export const welcome = (at: Welcome): string => {
  const lookerName = at.looker === undefined ? 'Looker' : 'Looker simulator'
  const lines = [
    `Demo: ${at.demo.address}`,
    '  Its certificate is made at each start and signed by nobody else: the browser asks to accept it, once.',
    `  Firefox asks for each address, so open these first: ${at.demo.others.join(' ')}`,
    `Sessions page: ${at.demo.address}/sessions/`,
    '',
    `Ready: broker ${at.broker}, ${lookerName} ${at.looker ?? at.lookerApi}, table in ${at.table}.`,
    '',
    'A token:',
    `  ${tokenCommand(at)}`,
    'A token of user 7 in the dev workspace:',
    `  ${tokenCommand(at, '{"user_id":"7","workspace":"dev"}')}`,
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

/** One line. */
export const notStarted = (error: unknown): string => {
  if (!(error instanceof Error)) return 'The broker did not start.'
  const port = portInUse(error)
  if (port === undefined) return `The broker did not start: ${error.message}`
  return `The broker did not start: port ${port} is in use. Set PORT: it takes PORT, and PORT + 10 to PORT + 15.`
}

const portInUse = (error: Error): number | undefined => {
  if (!('code' in error) || error.code !== 'EADDRINUSE' || !('port' in error)) return undefined
  return typeof error.port === 'number' ? error.port : undefined
}
