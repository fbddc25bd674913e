// What operators read begins with what they asked for, on a Node of whatever age.
import { describe, expect, it } from 'vitest'
import { startScript } from '../local/processes.ts'

const name = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'
const nowhere = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
  AWS_MAX_ATTEMPTS: '1',
}
const stage = ['--stage', 'acme', '--region', 'eu-central-1']

const printedBy = async (file: string, args: readonly string[], value?: string) => {
  const env = { ...nowhere, [name]: value }
  const child = startScript(file, { args: [...stage, ...args], env, stdin: 'a-secret-of-looker' })
  await child.ended
  return child.printed()
}

describe('the notice of the AWS SDK', () => {
  it.each([
    ['cli/doctor.ts', [], /^✔ tenant-file/],
    ['cli/sessions.ts', ['list'], /^Lambda cannot be reached/],
    ['cli/tenant-revoke.ts', ['--yes'], /^Lambda cannot be reached/],
    ['cli/tenant-remove.ts', ['--yes'], /^AWS does not do it/],
    ['cli/tenant-secret.ts', [], /^The table cannot be reached/],
  ])('does not stand before what %s prints', async (file, args, first) => {
    const printed = await printedBy(file, args)

    expect(printed).toMatch(first)
    expect(printed).not.toContain('NodeVersionSupportWarning')
  })

  it.skipIf(Number(process.versions.node.split('.')[0]) >= 22)(
    'is there for who asks for it',
    async () => {
      expect(await printedBy('cli/sessions.ts', ['list'], 'false')).toMatch(/will require node/s)
    },
  )
})
