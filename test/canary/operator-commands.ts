// The operator's commands as npm runs them, but in this process, with the environment of an operator.
import { randomUUID } from 'node:crypto'
import { vi } from 'vitest'
import type { Watch } from './watch.ts'

export type Command = 'doctor' | 'sessions' | 'tenant-check' | 'tenant-remove' | 'tenant-revoke'

export type Run = (
  command: Command,
  args: readonly string[],
  env?: Readonly<Record<string, string>>,
) => Promise<void>

export type Surroundings = {
  /** With `tenants/` in it. */
  readonly folder: string
  /** Of every command. */
  readonly env: Readonly<Record<string, string>>
  /** In place of the `serverless` command. */
  readonly removeStack: () => void
}

export const createCommands = (
  { note }: Watch,
  { folder, env, removeStack }: Surroundings,
): Run => {
  return async (command, args, more = {}) => {
    const before = { argv: process.argv, env: process.env, exitCode: process.exitCode }
    const foreign = /^(AWS_(?!SDK_JS)|LOOKERSDK_|PORT$|TABLE_NAME$|KEY_ID$)/
    const ours = Object.entries(before.env).filter(([name]) => !foreign.test(name))
    const mocks = [
      vi.spyOn(process, 'cwd').mockReturnValue(folder),
      vi.spyOn(process, 'exit').mockImplementation((code) => {
        throw new Error(`exit ${code}`)
      }),
    ]
    vi.doMock('../../cli/serverless-remove.ts', () => ({
      serverlessRemove: async () => removeStack(),
    }))
    process.argv = [process.execPath, command, ...args]
    process.env = { ...Object.fromEntries(ours), ...env, ...more }
    try {
      // Evaluated anew: a command does its work while it is loaded.
      await import(/* @vite-ignore */ `../../cli/${command}.ts?run=${randomUUID()}`)
    } catch (error) {
      // What Node would print of it.
      note('error of a command', error)
    } finally {
      note('exit code', `${command} ${String(process.exitCode)}`)
      Object.assign(process, before)
      for (const mock of mocks) mock.mockRestore()
      vi.doUnmock('../../cli/serverless-remove.ts')
    }
  }
}
