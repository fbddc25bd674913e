// `npm run sessions -- --stage <stage> list | end`: what the Sessions page does, for who may invoke the function
// sessionsDirect. Exit code 0: done, 1: not done, 2: called wrongly.
import { createInterface } from 'node:readline/promises'
import { Command, InvalidArgumentError } from 'commander'
import type { Session } from '../pages/sessions/session.ts'
import { lambdaClientFor } from './function-call.ts'
import type { Where } from './function-call.ts'
import { Remedy } from './remedy.ts'
import { withoutSdkNotice } from './sdk-notice.ts'
import { createSessionsCalls, type SessionsCalls } from './sessions-calls.ts'
import { sessionsTable } from './sessions-table.ts'

withoutSdkNotice()

type ListOptions = { readonly user?: string; readonly limit: number; readonly json?: true }
type EndOptions = { readonly user?: string; readonly yes?: true }

const mostOfPage = 100

/** Page after page, so that no more than one is held. */
async function* pagesOf(
  calls: SessionsCalls,
  { user, limit }: ListOptions,
): AsyncGenerator<{ sessions: readonly Session[]; isMore: boolean }> {
  let cursor: string | undefined
  for (let left = limit; left > 0;) {
    const { sessions, next } = await calls.list({
      limit: Math.min(left, mostOfPage),
      ...(user === undefined ? {} : { user }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    left -= sessions.length
    yield { sessions, isMore: next !== null }
    if (next === null) return
    cursor = next
  }
}

const list = async (calls: SessionsCalls, options: ListOptions): Promise<void> => {
  let count = 0
  let isMore = false
  for await (const page of pagesOf(calls, options)) {
    count += page.sessions.length
    isMore = page.isMore
    if (options.json) for (const session of page.sessions) console.log(JSON.stringify(session))
    else if (page.sessions.length > 0) console.log(sessionsTable(page.sessions))
  }
  if (options.json) return
  const more = isMore ? ` There are more: --limit ${options.limit * 10} shows them.` : ''
  console.log(
    count === 0
      ? 'Nobody has a session now.'
      : `${count} ${count === 1 ? 'session' : 'sessions'}, whose time ends first comes first. Times are UTC.${more}`,
  )
}

const end = async (
  calls: SessionsCalls,
  id: string | undefined,
  { user, yes }: EndOptions,
): Promise<void> => {
  if (id !== undefined) {
    const isConfirmed = await calls.endOne(id)
    return console.log(
      `Ended. Its user needs a new sign-in in that browser.${isConfirmed ? '' : laterAtLooker}`,
    )
  }
  if (user === undefined) return
  if (!yes && !(await isAgreed(`End all sessions of ${user}, in every browser? (y/N) `))) {
    throw new Remedy('Nothing was ended.')
  }
  const isConfirmed = await calls.endAll(user)
  console.log(
    `Ended all sessions of ${user}, who needs a new sign-in.${isConfirmed ? '' : laterAtLooker}`,
  )
}

const laterAtLooker = ' Looker has not confirmed that yet, and is asked again.'

const isAgreed = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY)
    throw new Remedy('Nothing was ended: there is nobody to ask. Add --yes.')
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await terminal.question(question)).trim())
  } finally {
    terminal.close()
  }
}

const attempt = async (
  where: Where,
  work: (calls: SessionsCalls) => Promise<void>,
): Promise<void> => {
  try {
    await work(createSessionsCalls(lambdaClientFor(where), where.stage))
  } catch (error) {
    if (!(error instanceof Remedy)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

const parseLimit = (text: string): number => {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit > 0 && limit <= 1_000_000) return limit
  throw new InvalidArgumentError('Write a whole number from 1 to 1000000.')
}

const program = new Command('sessions')
  .description('Lists and ends embed sessions of a stage')
  .requiredOption('--stage <stage>', 'name of the file in tenants/, without .yml')
  .option('--region <region>', 'as for deploying; else AWS_REGION, AWS_DEFAULT_REGION, us-east-1')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))

program
  .command('list')
  .description('Shows the sessions that live')
  .option('--user <id>', 'of this user alone')
  .option('--limit <count>', 'at most so many', parseLimit, 100)
  .option('--json', 'one session a line, with the id that `end` takes')
  .action((options: ListOptions) => attempt(program.opts(), (calls) => list(calls, options)))

const ending = program
  .command('end')
  .description('Ends one session, or all of a user')
  .argument('[id]', 'of `list --json`; good for an hour')
  .option('--user <id>', 'all sessions of this user')
  .option('--yes', 'does not ask')
  .action((id: string | undefined, options: EndOptions) => {
    if ((id === undefined) === (options.user === undefined)) {
      ending.error('error: name an id or --user, and not both')
    }
    return attempt(program.opts(), (calls) => end(calls, id, options))
  })

await program.parseAsync()
