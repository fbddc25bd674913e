// What the serverless command makes of a tenant file that names a topic for alarms. What else is deployed to watch
// a stage is checked where tenants are packaged: test/deploy/package.test.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { looseObject, parse, record, string } from 'valibot'
import { copyService, runServerless } from '../deploy/service-copy.ts'

const printed = looseObject({
  resources: looseObject({ Resources: record(string(), looseObject({ Type: string() })) }),
})

const printedWith = async (addition: string, ...args: readonly string[]) => {
  const folder = copyService()
  const file = join(folder, 'tenants/acme.yml')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n${addition}\n`)
  const command = ['print', '--stage', 'acme', '--format', 'json', ...args]
  const { exitCode, output } = await runServerless(folder, ...command)
  return { exitCode, output }
}

const countsIn = (output: string): Readonly<Record<string, number>> => {
  const { Resources } = parse(printed, JSON.parse(output)).resources
  const types = Object.values(Resources)
    .map(({ Type }) => Type)
    .filter((type) => /CloudWatch|SNS/.test(type))
  return Object.fromEntries(
    [...new Set(types)].map((type) => [type, types.filter((one) => one === type).length]),
  )
}

describe('what is deployed', { timeout: 90_000 }, () => {
  it('may tell a topic of the region that is deployed, and of no other', async () => {
    const alarms = "alarms: { topic_arn: 'arn:aws:sns:us-east-1:123456789012:oncall' }"

    const here = await printedWith(alarms, '--region', 'us-east-1')
    const there = await printedWith(alarms, '--region', 'eu-west-1')

    expect(countsIn(here.output)).toEqual({
      'AWS::CloudWatch::Dashboard': 1,
      'AWS::CloudWatch::Alarm': 12,
    })
    expect(there.exitCode).toBe(1)
    expect(there.output).toContain('alarms.topic_arn: name a topic of eu-west-1')
    expect(there.output).not.toMatch(/\n\s+at /)
  })
})
