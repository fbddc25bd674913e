// What the operator's commands print holds no secret, whatever AWS, Looker and the functions answer them: everything
// is collected and searched for every secret in every encoding. The commands run in this process.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { array, object, parse, string } from 'valibot'
import { readTenant } from '../../cli/tenant-file.ts'
import { tenantVariables } from '../../cli/tenant-variables.ts'
import { resourcesOf, watchResources } from '../../cli/watch/resources.ts'
import type { Fault } from '../../local/looker/faults.ts'
import { operationSchema } from '../../local/looker/operations.ts'
import { readTableDefinition } from '../../local/serverless-config.ts'
import { startScript } from '../local/processes.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { clientSecret, createHunt, pastedToken } from './hunt.ts'
import { refusal, startAws } from './operator-aws.ts'
import type { AwsFault, AwsReply, AwsService } from './operator-aws.ts'
import { createCommands } from './operator-commands.ts'
import type { Run } from './operator-commands.ts'
import { createOperatorStage } from './operator-stage.ts'
import { findSecrets } from './search.ts'
import { watchConsole } from './watch.ts'

const awsSecretKey = 'canary/secret+access=key/of.the.operator'
const sessionToken = 'canary//session+token/of=the=operator=that/AWS+gave=='
const otherSecretKey = 'canary/secret+access=key/of.another.role'

const hunt = createHunt()
const { note, secrets, written } = hunt
const definition = readTableDefinition(new URL('../../serverless.yml', import.meta.url))
const folder = temporaryFolder('canary-operator-')
const region = 'eu-central-1'
const here = ['--stage', 'test', '--region', region]

const tenantFile = `
looker: { base_url: https://looker.example.com, client_id: canary-client }
api_tokens: { direct: { service_account: true, users: ['7'] } }
origins: [https://app.customer.example]
identity: { jwt: { issuer: https://login.customer.example, audience: [looker] } }
embed:
  direct: true
  sessions_per_user: one
  user: { external_user_id: { claim: sub } }
  roles: { claim: role, values: { viewer: { models: [viewer] }, editor: { models: [editor] } } }
admin: { iam: [{ account: '123456789012', role: support }], direct: true }
alarms: { email: oncall@customer.example }
`

/** Somebody pasted a secret into the file, where it does not belong or as what it is not. */
const spoiled = [
  `${tenantFile}client_secret: '${pastedToken}'\n`,
  tenantFile.replace('canary-client', `{ secret: ${pastedToken} }`),
  tenantFile.replace('canary-client', `'${pastedToken} ${pastedToken}'`),
  tenantFile.replace(
    'https://looker.example.com',
    `https://user:${pastedToken}@looker.example.com`,
  ),
  tenantFile.replace('looker: {', `looker: ${pastedToken} {`),
  tenantFile.replace('claim: role', `claim: '${pastedToken} ${pastedToken}'`),
  tenantFile.replace('oncall@customer.example', pastedToken),
  `${tenantFile}x: &${pastedToken} [*${pastedToken}\n`,
]

const textsOf = (): readonly string[] => [
  ...secrets.slice(-12).map((secret) => secret.toString('utf8')),
  clientSecret,
  sessionToken,
  awsSecretKey,
]

/** Looker says what it was told. */
const echo = (status: number): Fault => {
  const told = textsOf()
  const body = {
    message: told.join(' '),
    access_token: told,
    looker_release_version: told[0],
    supported_versions: told.map((version) => ({ version })),
    id: clientSecret,
    session_reference_token: told,
  }
  return { kind: 'status', status, body: JSON.stringify(body) }
}

/** As AWS explains a signature that does not fit. */
const canonicalString = () =>
  `The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nhost:x\nx-amz-security-token:${sessionToken}\n'`

const failing =
  (code: string, status: number, message: () => string): AwsFault =>
  (service) =>
    refusal(service, { status, code, message: message() })

const ofFunctions =
  (reply: () => AwsReply): AwsFault =>
  (service) =>
    service === 'lambda' ? reply() : undefined

const threw = () => ({
  errorType: 'Error',
  errorMessage: textsOf().join(' '),
  trace: textsOf(),
})

const answering = (value: () => unknown, headers = {}): AwsFault =>
  ofFunctions(() => ({ status: 200, headers, body: JSON.stringify(value()) }))

/** By name. The functions and AWS write all that they know into what is no good answer. */
const awsFaults: Readonly<Record<string, AwsFault>> = {
  denied: failing('AccessDeniedException', 400, () => `User: x may not ${textsOf().join(' ')}`),
  'a wrong signature': failing('InvalidSignatureException', 403, canonicalString),
  'expired credentials': failing('ExpiredTokenException', 403, () => textsOf().join(' ')),
  invalid: failing('ValidationError', 400, () => `1 error: ${textsOf().join(' ')}`),
  throttled: failing('TooManyRequestsException', 429, () => textsOf().join(' ')),
  broken: failing('InternalFailure', 500, () => textsOf().join(' ')),
  'no JSON': () => ({ status: 200, body: textsOf().join(' ') }),
  'a page': () => ({
    status: 503,
    headers: { 'content-type': 'text/html' },
    body: `<html>${textsOf().join(' ')}</html>`,
  }),
  'a function that threw': answering(threw, { 'x-amz-function-error': 'Unhandled' }),
  'a function without JSON': ofFunctions(() => ({ status: 200, body: textsOf().join(' ') })),
  'a function with a text': answering(() => clientSecret),
  'a function with other fields': answering(() => ({
    kept: clientSecret,
    sessions: textsOf(),
    next: pastedToken,
    findings: textsOf().map((check) => ({ check })),
    [clientSecret]: sessionToken,
  })),
}

/** What the operator's shell says of credentials, in place of the usual. */
const writeProfiles = () => {
  const config = join(folder, 'config')
  writeFileSync(
    config,
    [
      `[profile other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = ${otherSecretKey}`,
      `[profile process]\ncredential_process = sh -c "echo ${otherSecretKey}; exit 3" ${pastedToken}`,
      `[profile chatty]\ncredential_process = sh -c "echo ${otherSecretKey}"`,
      `[profile half]\naws_access_key_id = AKIAHALF\naws_session_token = ${sessionToken}`,
    ].join('\n'),
  )
  return { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: config }
}

const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_SESSION_TOKEN: '' }

type Parts = {
  readonly run: Run
  readonly stage: Awaited<ReturnType<typeof createOperatorStage>>
  readonly aws: Awaited<ReturnType<typeof startAws>>
}

const runEvery = async ({ run, stage }: Parts, env: Readonly<Record<string, string>> = {}) => {
  await run('doctor', here, env)
  await run('doctor', [...here, '--json'], env)
  await run('sessions', [...here, 'list'], env)
  await run('sessions', [...here, 'end', '--user', stage.latestUser(), '--yes'], env)
  await run('tenant-revoke', [...here, '--yes'], env)
}

const listed = object({ sessions: array(object({ id: string() })) })

const runWell = async (parts: Parts): Promise<void> => {
  const { run, stage, aws } = parts
  await stage.populate()
  await run('sessions', [...here, 'list'])
  await run('sessions', [...here, 'list', '--json'])
  const { sessions } = parse(listed, await stage.invoke('sessionsDirect', { action: 'list' }))
  await run('sessions', [...here, 'end', sessions[0]?.id ?? ''])
  await run('sessions', [...here, 'end', '--user', stage.latestUser(), '--yes'])
  await run('tenant-remove', [...here, '--dry-run'])
  await stage.populate()
  await runEvery(parts)
  await stage.populate()
  await run('tenant-remove', [...here, '--yes'])
  await run('tenant-remove', [...here, '--yes'])
  aws.deploy()
  await run('tenant-check', ['test'])
}

const runFaults = async (parts: Parts): Promise<void> => {
  const { run, stage, aws } = parts
  const { looker } = stage
  for (const status of [200, 400, 401, 403, 404, 429, 500]) {
    await stage.populate()
    looker.setFault('every', echo(status))
    await runEvery(parts)
    await run('tenant-remove', [...here, '--yes', '--wait', '0'])
    aws.deploy()
    looker.clearFaults()
  }
  for (const operation of operationSchema.options) {
    for (const status of [200, 404]) {
      looker.setFault(operation, echo(status))
      await run('doctor', here)
      looker.clearFaults()
    }
  }
  for (const fault of Object.values(awsFaults)) {
    await stage.populate()
    aws.setFault(fault)
    await runEvery(parts)
    await run('tenant-remove', [...here, '--yes'])
    aws.deploy()
    aws.clearFault()
  }
  for (const service of ['table', 'keys', 'stack'] as const satisfies readonly AwsService[]) {
    aws.setFault((asked) =>
      asked === service
        ? refusal(service, { status: 400, code: 'ValidationError', message: clientSecret })
        : undefined,
    )
    await run('doctor', here)
    await run('tenant-remove', [...here, '--dry-run'])
    aws.clearFault()
  }
}

const runProfiles = async (parts: Parts): Promise<void> => {
  const files = writeProfiles()
  for (const AWS_PROFILE of ['nobody', 'process', 'chatty', 'half', 'other']) {
    const env = { ...files, ...none, AWS_PROFILE }
    await runEvery(parts, env)
    await parts.run('tenant-remove', [...here, '--dry-run'], env)
  }
  const AWS_ENDPOINT_URL = `http://127.0.0.1:1/${encodeURIComponent(sessionToken)}`
  await runEvery(parts, { AWS_ENDPOINT_URL })
}

/** What packaging makes of a tenant file of the folder, or says of it. */
const packaged = (work: () => unknown): void => {
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder)
  try {
    note('what is deployed', work())
  } catch (error) {
    note('what is deployed', error)
  } finally {
    cwd.mockRestore()
  }
}

const runFiles = async ({ run }: Parts): Promise<void> => {
  packaged(() => tenantVariables('test'))
  packaged(() => watchResources('test', region))
  const topic = `arn:aws:sns:eu-west-1:123456789012:${clientSecret}`
  const tenant = readTenant(folder, 'test')
  packaged(() =>
    resourcesOf(
      {
        stage: 'test',
        tenant: {
          ...tenant,
          alarms: { email: null, topic_arn: topic, logins_per_hour: 100 },
        },
      },
      region,
    ),
  )
  for (const [index, text] of spoiled.entries()) {
    const name = `spoiled${index}`
    writeFileSync(join(folder, 'tenants', `${name}.yml`), text)
    await run('tenant-check', [name])
    await run('doctor', ['--stage', name])
    packaged(() => tenantVariables(name))
    packaged(() => watchResources(name, region))
  }
}

/** As a process: the secret comes by standard input. */
const runSecretCommand = async ({ aws }: Parts): Promise<void> => {
  aws.setFault((service) =>
    refusal(service, { status: 400, code: 'AccessDeniedException', message: textsOf().join(' ') }),
  )
  const command = startScript('cli/tenant-secret.ts', {
    args: ['--stage', 'acme'],
    stdin: clientSecret,
    env: environmentOf(aws.url),
  })
  await command.ended
  note('output of tenant:secret', command.printed())
  aws.clearFault()
}

const environmentOf = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'AKIAOPERATOR',
  AWS_SECRET_ACCESS_KEY: awsSecretKey,
  AWS_SESSION_TOKEN: sessionToken,
  AWS_MAX_ATTEMPTS: '1',
  AWS_EC2_METADATA_DISABLED: 'true',
  NO_COLOR: '1',
})

const textsFrom = (wanted: string): readonly string[] =>
  written.flatMap(({ source, text }) => (source === wanted ? [text] : []))

beforeAll(async () => {
  secrets.push(awsSecretKey, sessionToken, otherSecretKey)
  mkdirSync(join(folder, 'tenants'))
  writeFileSync(join(folder, 'tenants', 'test.yml'), tenantFile)
  watchConsole(hunt)
  const stage = await createOperatorStage(hunt, readTenant(folder, 'test'))
  const { kms } = stage
  const invoke: typeof stage.invoke = async (key, payload) => {
    const answer = await stage.invoke(key, payload)
    note('answer of a function', answer)
    return answer
  }
  const aws = await startAws({ invoke, kms, definition })
  const parts = {
    run: createCommands(hunt, { folder, env: environmentOf(aws.url), removeStack: aws.remove }),
    stage,
    aws,
  }
  try {
    await runWell(parts)
    await runFaults(parts)
    await runProfiles(parts)
    await runFiles(parts)
    await runSecretCommand(parts)
  } finally {
    await aws.close()
  }
  secrets.push(...stage.embedSecrets())
  vi.restoreAllMocks()
}, 600_000)

afterAll(() => {
  vi.restoreAllMocks()
})

describe("the operator's commands", () => {
  it('said what they say in all their ways, with secrets of every kind in play', () => {
    const text = textsFrom('console').join('\n')
    const sources = new Set(written.map(({ source }) => source))

    expect([...sources].toSorted()).toEqual([
      'answer of a function',
      'console',
      'exit code',
      'output of tenant:secret',
      'what is deployed',
    ])
    const lines = [
      /The stage test is well/,
      /"healthy": true/,
      /2 sessions, whose time ends first/,
      /"state":"active"/,
      /Ended\. Its user needs/,
      /Ended all sessions of/,
      /Ended [12] embed session/,
      /Logged out 2 API tokens/,
      /Left: at least \d+ embed session/,
      /Would remove the stack/,
      /Removed test from/,
      /Nothing of test is in/,
      /is good: https:/,
      /could not be invoked/,
      /may not invoke/,
      /failed \(Unhandled\)/,
      /answers what this command does not know/,
      /Looker has not confirmed that yet/,
      /No AWS credentials are found/,
      /AWS takes no credentials/,
      /Lambda cannot be reached/,
      /The tenant file cannot be used/,
    ]
    expect(lines.filter((line) => !line.test(text))).toEqual([])
    expect(written.length).toBeGreaterThan(500)
    expect(secrets.filter((secret) => typeof secret === 'string').length).toBeGreaterThan(50)
    expect(secrets.filter((secret) => typeof secret !== 'string').length).toBeGreaterThan(50)
  })

  it('and packaging read every file that somebody spoiled', () => {
    const complaints = textsFrom('what is deployed').filter((text) =>
      text.includes('The tenant file cannot be used'),
    )

    // By the variables of a stage and by what watches it; one more is of a topic in another region.
    expect(complaints).toHaveLength(2 * spoiled.length + 1)
  })

  it('hold no secret in any encoding', () => {
    expect(findSecrets(written, [...new Set(secrets)])).toEqual([])
  })
})
