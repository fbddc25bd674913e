// Child processes as a terminal would start them, with all that they print.
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

type Variables = Readonly<Record<string, string | undefined>>

// What the developer's shell says of AWS, Looker and ports is not for these children.
export const cleanEnvironment = (): Variables => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(AWS_|LOOKERSDK_|PORT$|TABLE_NAME$)/.test(name),
    ),
  ),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
})

export type Child = {
  readonly process: ChildProcess
  /** Both streams, in the order of their arrival. */
  readonly printed: () => string
  /** Exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
}

type Start = {
  readonly args?: readonly string[]
  readonly env?: Variables
  readonly stdin?: string
  /** Then it is ended. */
  readonly withinMs?: number
}

/** A TypeScript file of the project, run as its scripts run it. */
export const startScript = (file: string, start: Start = {}): Child =>
  startNode(['--import', 'tsx', file], start)

/** A file that `bundleCommand` made. */
export const startCommand = (file: string, start: Start = {}): Child => startNode([file], start)

const startNode = (
  program: readonly string[],
  { args = [], env = {}, stdin, withinMs = 50_000 }: Start,
): Child => {
  const child = spawn(process.execPath, [...program, ...args], {
    cwd: root,
    env: { ...cleanEnvironment(), ...env },
    timeout: withinMs,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8')
    })
  }
  child.stdin.end(stdin ?? '')
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return { process: child, printed: () => printed, ended }
}

/** Resolves when the pattern was printed. Rejects when the child ended without. */
export const untilPrinted = (child: Child, pattern: RegExp): Promise<void> =>
  new Promise((resolve, reject) => {
    const look = () => {
      if (pattern.test(child.printed())) resolve()
    }
    child.process.stdout?.on('data', look)
    child.process.stderr?.on('data', look)
    void child.ended.then(() => reject(new Error(`ended without ${pattern}: ${child.printed()}`)))
    look()
  })

/** Asks a child to end; after 5 s it is not asked any more. */
export const endChild = async ({ process: child, ended }: Child): Promise<void> => {
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await ended
  clearTimeout(late)
}

export const portTaken = /port \d+ is in use/

/** `npm start` that printed the pattern; once more when somebody took one of the ports meanwhile. */
export const startBroker = async (
  pattern: RegExp,
  { env = {}, withinMs = 80_000 }: { env?: Variables; withinMs?: number } = {},
): Promise<{ readonly child: Child; readonly port: number }> => {
  const start = async () => {
    const port = await freePort()
    const child = startScript('local/start.ts', { env: { ...env, PORT: String(port) }, withinMs })
    return { child, port }
  }
  const first = await start()
  try {
    await untilPrinted(first.child, pattern)
    return first
  } catch (error) {
    if (!portTaken.test(first.child.printed())) throw error
  }
  const second = await start()
  await untilPrinted(second.child, pattern)
  return second
}

export const runShell = (command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile('sh', ['-c', command], { timeout: 30_000, killSignal: 'SIGKILL' }, (error, stdout) =>
      error ? reject(error) : resolve(stdout),
    )
  })

/**
 * A port whose neighbours 10 to 15 above are free as well. Below 32768, from where systems take
 * ports for outgoing connections: those could be taken before the child has them.
 */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 11_889)
    const free = await Promise.all([0, 10, 11, 12, 13, 14, 15].map((above) => isFree(port + above)))
    if (free.every(Boolean)) return port
  }
}

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/** A path on which there is node, and no java. */
export const pathWithoutJava = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'no-java-'))
  symlinkSync(process.execPath, join(folder, 'node'))
  return folder
}
