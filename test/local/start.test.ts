// `npm start` as a process of its own: what it prints is done as it says.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasJava } from '../../local/dynamodb.ts'
import {
  endChild,
  freePort,
  isFree,
  root,
  runShell,
  startBroker,
  startScript,
} from './processes.ts'
import { pathWithoutJava } from './without-java.ts'
import type { Child } from './processes.ts'
import { post } from './secure-call.ts'

const longMs = 90_000
const started: Child[] = []

const start = async (env: Readonly<Record<string, string>> = {}) => {
  const PORT = String(await freePort())
  const child = startScript('local/start.ts', { env: { PORT, ...env }, withinMs: 80_000 })
  started.push(child)
  return child
}

const startUntil = async (pattern: RegExp, env: Readonly<Record<string, string>>) => {
  const running = await startBroker(pattern, { env })
  started.push(running.child)
  return running
}

const commandsIn = (printed: string): string[] =>
  [...printed.matchAll(/^ {2}(curl .+)$/gm)].map(([, command = '']) => command)

afterEach(async () => {
  await Promise.all(started.splice(0).map(endChild))
})

describe('npm start', () => {
  it('is the command that is tested here', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

    expect(scripts.start).toBe('node --import tsx local/start.ts')
  })

  it(
    'becomes ready, does what it prints, and ends with all that it started',
    { timeout: longMs },
    async () => {
      const { child, port } = await startUntil(/^Ready: .*\n[^]*\/simulator\n/m, {
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIDSHELL',
      })
      const commands = commandsIn(child.printed())

      const answers = []
      for (const command of commands) answers.push(JSON.parse(await runShell(command)))
      child.process.kill('SIGINT')

      expect(child.printed()).toMatch(
        `Ready: broker http://127.0.0.1:${port}, Looker simulator http://127.0.0.1:${port + 10}, table in ${(await hasJava()) ? 'DynamoDB Local' : 'memory'}.`,
      )
      expect(child.printed()).toMatch(new RegExp(`^Demo: https://localhost:${port + 14}$`, 'm'))
      expect(child.printed()).toContain(`Sessions page: https://localhost:${port + 14}/sessions/`)
      expect(child.printed()).toContain(
        `https://localhost:${port + 15}/health https://localhost:${port + 13}/simulator`,
      )
      expect(answers).toMatchObject([
        {
          access_token: expect.any(String),
          token_type: 'Bearer',
          workspace: 'production',
          user_id: null,
        },
        { access_token: expect.any(String), token_type: 'Bearer', workspace: 'dev', user_id: '7' },
        { counts: { logins: 1, user_logins: 1, workspace_switches: 1 } },
      ])
      expect(await child.ended).toBe(0)
      for (const above of [0, 10, 11, 12, 13, 14, 15]) expect(await isFree(port + above)).toBe(true)
    },
  )

  it.each([0, 10, 11, 13, 14, 15])(
    'names the port in use, %i above PORT, in one line and leaves nothing behind',
    { timeout: longMs },
    async (above) => {
      const port = await freePort()
      const occupant = createServer().listen(port + above, '127.0.0.1')
      await once(occupant, 'listening')

      // The last one with a database, where there can be one: a process of its own could survive.
      const path = above === 15 ? {} : { PATH: pathWithoutJava() }
      const child = await start({ PORT: String(port), ...path })
      const exitCode = await child.ended
      occupant.close()

      expect(exitCode).toBe(1)
      expect(child.printed()).toBe(
        `The broker did not start: port ${port + above} is in use. Set PORT: it takes PORT, and PORT + 10 to PORT + 15.\n`,
      )
      await vi.waitFor(async () => expect(await isFree(port + 12)).toBe(true), 5_000)
    },
  )

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    ['a port that is none', { PORT: 'http' }, /PORT is no whole number from 1024 to 65500/],
    [
      'half a Looker',
      { LOOKERSDK_BASE_URL: 'https://looker.example.com' },
      /missing: LOOKERSDK_CLIENT_ID, LOOKERSDK_CLIENT_SECRET/,
    ],
  ])('refuses %s in one line', { timeout: longMs }, async (_, env, line) => {
    const child = await start(env)

    const exitCode = await child.ended

    expect(exitCode).toBe(1)
    expect(child.printed()).toMatch(line)
    expect(child.printed().trim().split('\n')).toHaveLength(1)
  })
})

describe('npm start where there is no Java', () => {
  let child: Child
  let port = 0

  beforeAll(async () => {
    const env = { PATH: pathWithoutJava() }
    const running = await startBroker(/There is no Java 17 here, so the table is in memory/, {
      env,
      // It serves all tests below.
      withinMs: 600_000,
    })
    child = running.child
    port = running.port
  }, longMs)

  afterAll(() => endChild(child))

  it('keeps the table in memory, and says so', { timeout: longMs }, async () => {
    const [command = ''] = commandsIn(child.printed())

    const answer = JSON.parse(await runShell(command))

    expect(child.printed()).toContain('table in memory.')
    expect(answer).toMatchObject({ token_type: 'Bearer', user_id: null })
  })

  it(
    'gives somebody who signs in an embed session, wherever PORT puts it all',
    { timeout: longMs },
    async () => {
      const page = `https://localhost:${port + 14}`
      const acquire = `https://localhost:${port + 15}/acquire-embed-session`
      const own = { origin: page, 'user-agent': 'Browser/1' }
      const { headers } = await post(`${page}/sign-in`, own, { sub: 'ada' })
      const cookie = (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? ''
      const { json: signed } = await post(`${page}/token`, { ...own, cookie })
      const visitor = { ...own, authorization: `Bearer ${String(signed['token'])}` }

      const session = await post(acquire, visitor)
      const foreign = await post(acquire, { ...visitor, origin: 'https://localhost:4014' })
      const nobody = await post(acquire, own)
      const unknown = await post(`${page}/end-as-administrator`, own)
      const ended = await post(`${page}/end-as-administrator`, { ...own, cookie })
      const again = await post(acquire, visitor)

      expect(session).toMatchObject({
        status: 200,
        headers: { 'access-control-allow-origin': page },
        json: { authentication_token: expect.any(String), api_token: expect.any(String) },
      })
      expect([foreign, nobody].map(({ status }) => status)).toEqual([403, 401])
      expect([unknown, ended].map(({ status }) => status)).toEqual([502, 204])
      expect(again).toMatchObject({
        status: 403,
        json: { type: expect.stringContaining('sign-in-required') },
      })
    },
  )
})
