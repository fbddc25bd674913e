// Tenant files as they lie in the folder: found, read, compiled, and checked by the command.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { functionNameOf } from '../../cli/stage-names.ts'
import {
  UnknownStageError,
  compileTenant,
  readTenant,
  stageName,
  stagesIn,
} from '../../cli/tenant-file.ts'
import { functionKeys } from '../../cli/watch/functions.ts'
import { tenantVariables } from '../../cli/tenant-variables.ts'
import { TenantError } from '../../lib/config.ts'
import { root } from './service-copy.ts'
import { temporaryFolder } from '../temporary-folder.ts'

const looker = 'looker: { base_url: https://acme.cloud.looker.com, client_id: id }\n'

const problemsOf = (yamlText: string) => {
  try {
    compileTenant('acme', yamlText)
  } catch (error) {
    if (error instanceof TenantError) return error.problems
    throw error
  }
  return []
}

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'tenants'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

describe('compiling a tenant file', () => {
  it('may use anchors and merge keys', () => {
    const tenant = compileTenant(
      'acme',
      `${looker}api_tokens:
  callers:
    - &first { account: '123456789012', role: a, users: ['1'] }
    - { <<: *first, role: b }
`,
    )

    expect(tenant.api_tokens.callers.map(({ role, users }) => [role, users])).toEqual([
      ['a', ['1']],
      ['b', ['1']],
    ])
  })

  it('tells the line of a key that stands twice', () => {
    const problems = problemsOf(`${looker}origins: []\norigins: []\n`)

    expect(problems).toEqual([{ path: 'line 3', message: expect.stringContaining('unique') }])
  })

  it.each(['looker: [', 'looker: "x', `${looker}---\n${looker}`, 'looker: !secret x'])(
    'tells the line of broken YAML: %j',
    (text) => {
      const problems = problemsOf(text)

      expect(problems.length).toBeGreaterThan(0)
      expect(problems.every(({ path }) => /^line \d$/.test(path))).toBe(true)
    },
  )

  it('quotes nothing of a broken file', () => {
    const problems = problemsOf('looker:\n  client_secret: canary\n client_id: [canary\n')

    expect(problems.length).toBeGreaterThan(0)
    expect(JSON.stringify(problems)).not.toContain('canary')
  })

  it('does not expand a pile of aliases', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const inner = level === 0 ? 'x' : Array.from({ length: 9 }, () => `*l${level - 1}`).join(', ')
      return `l${level}: &l${level} [${inner}]`
    })

    const problems = problemsOf(levels.join('\n'))

    expect(problems).toEqual([{ path: '(file)', message: expect.stringContaining('aliases') }])
  })

  it('allows a Looker on this machine to the local stage alone', () => {
    const text = 'looker: { base_url: http://127.0.0.1:4010, client_id: id }'

    const tenant = compileTenant('local', text)

    expect(tenant.looker.base_url).toBe('http://127.0.0.1:4010')
    expect(problemsOf(text)).toHaveLength(1)
  })
})

describe('reading a tenant file', () => {
  it('knows the stages by the names of the files', () => {
    const folder = folderWith({
      'tenants/beta.yml': '',
      'tenants/acme.yml': '',
      'tenants/Acme.yml': '',
      'tenants/a-name-of-19-letter.yml': '',
      'tenants/readme.md': '',
    })

    const stages = stagesIn(folder)

    expect(stages).toEqual(['acme', 'beta'])
  })

  it('takes names as long as leave room for every function, and no longer', () => {
    const longest = Math.max(...functionKeys.map((key) => functionNameOf('', key).length))

    const room = 64 - longest

    expect(stageName.test('a'.repeat(room))).toBe(true)
    expect(stageName.test('a'.repeat(room + 1))).toBe(false)
  })

  it('says of a file with a name that is too long what a name may be', () => {
    const name = 'a-name-of-19-letter'
    const folder = folderWith({ [`tenants/${name}.yml`]: looker })

    const attempt = () => readTenant(folder, name)

    expect(attempt).toThrow(/^No stage can be named a-name-of-19-letter: .* up to 17 /)
  })

  it.each(['nobody', '../tenants/acme', 'acme.yml', '', undefined])(
    'finds no stage %j and tells the stages there are',
    (stage) => {
      const folder = folderWith({ 'tenants/acme.yml': looker })

      const attempt = () => readTenant(folder, stage)

      expect(attempt).toThrow(UnknownStageError)
      expect(attempt).toThrow(/Stages: acme$/)
    },
  )

  it.each(stagesIn(root))('finds %s as it is in the repository, without a mistake', (stage) => {
    const tenant = readTenant(root, stage)

    expect(tenant.api_tokens.callers.length).toBeGreaterThan(0)
  })

  it('is all that tells stages apart: serverless.yml takes nothing else but the region', () => {
    const text = readFileSync(join(root, 'serverless.yml'), 'utf8')
    const sources = [...text.matchAll(/\$\{([^}]*)\}/g)].flatMap(([, variable = '']) =>
      variable.split(', '),
    )

    const others = sources.filter((source) => !source.startsWith('self:'))

    expect(others).toEqual([
      'opt:region',
      'env:AWS_REGION',
      'env:AWS_DEFAULT_REGION',
      "'us-east-1'",
      'file(./cli/tenant-variables.cjs)',
      ...Array(8).fill('null'),
      'file(./cli/watch-resources.cjs)',
    ])
  })

  it('is what packaging does first, so that it never guesses a stage', () => {
    const notGiven = null

    const attempt = () => tenantVariables(notGiven)

    expect(attempt).toThrow(/^No stage is named\. Stages: /)
  })
})

type Ended = { readonly exitCode: number; readonly output: string }

const check = (folder: string, ...args: readonly string[]): Promise<Ended> => {
  const command = [
    '--import',
    join(root, 'node_modules/tsx/dist/esm/index.mjs'),
    join(root, 'cli/tenant-check.ts'),
  ]
  return new Promise((resolve) => {
    execFile(process.execPath, [...command, ...args], { cwd: folder }, (error, stdout, stderr) =>
      resolve({
        exitCode: error === null ? 0 : Number(error.code ?? -1),
        output: `${stdout}${stderr}`,
      }),
    )
  })
}

describe('the check command', { timeout: 60_000 }, () => {
  it('says so when the file is good, and ends with 0', async () => {
    const folder = folderWith({})
    cpSync(join(root, 'tenants/acme.yml'), join(folder, 'tenants/acme.yml'))

    const ended = await check(folder, 'acme')

    expect(ended).toEqual({
      exitCode: 0,
      output: 'tenants/acme.yml is good: https://acme.cloud.looker.com, 2 callers\n',
    })
  })

  it('prints every mistake without a stack, and ends with 1', async () => {
    const folder = folderWith({ 'tenants/acme.yml': 'looker: { base_url: acme }\norigin: []\n' })

    const ended = await check(folder, 'acme')

    expect(ended.exitCode).toBe(1)
    expect(ended.output.match(/^ {2}\S+:/gm)).toEqual([
      '  looker.base_url:',
      '  looker.client_id:',
      '  origin:',
    ])
    expect(ended.output).not.toMatch(/\n\s+at /)
  })

  it.each([[['nobody']], [[]], [['acme', 'beta']], [['--force', 'acme']]])(
    'called wrongly, with %j, ends with 2',
    async (args) => {
      const ended = await check(folderWith({ 'tenants/acme.yml': looker }), ...args)

      expect(ended.exitCode).toBe(2)
    },
  )
})
