// `npm start` and `npm run tenant:secret` as processes of their own, with requests that go well and fail.
import { inject } from 'vitest'
import { startKmsDouble } from '../../local/kms/server.ts'
import { createKmsDouble } from '../../local/kms/double.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'
import { runShell, startBroker, startScript } from '../local/processes.ts'
import { pathWithoutJava } from '../local/without-java.ts'
import { clientSecret, pastedToken, withoutToken } from './hunt.ts'
import type { Hunt } from './hunt.ts'

export const runProcesses = async ({ note, markTokens, markDataKeys }: Hunt): Promise<void> => {
  const looker = createLookerSimulator({ clientSecret, clientId: 'client' })
  markTokens(looker.state)
  const double = createKmsDouble()
  markDataKeys(double)
  const [kms, { url, close }] = await Promise.all([startKmsDouble({ double }), looker.listen()])
  const env = {
    LOOKERSDK_BASE_URL: url,
    LOOKERSDK_CLIENT_ID: 'client',
    LOOKERSDK_CLIENT_SECRET: clientSecret,
    AWS_ENDPOINT_URL_KMS: kms.url,
  }
  const { child, port } = await startBroker(/no Java 17 here/, {
    env: { ...env, PATH: pathWithoutJava() },
    withinMs: 120_000,
  })
  const commands = [...child.printed().matchAll(/^ {2}(curl .+api-token)$/gm)].map(
    ([, one = '']) => one,
  )
  const ask = async () => {
    for (const command of commands) {
      note('HTTP body', withoutToken(JSON.parse(await runShell(command))))
      note('HTTP headers', await runShell(`${command} -o /dev/null -D -`))
      note(
        'HTTP body',
        await runShell(command.replace(/-d '[^']*'/, `-d '{"x":"${pastedToken}"}'`)),
      )
    }
  }
  await ask()
  looker.revokeAll()
  looker.setFault('every', { kind: 'status', status: 500, body: clientSecret })
  await ask()
  child.process.kill('SIGINT')
  await child.ended
  note('output of npm start', child.printed())

  const endpoints = inject('dynamoDbEndpoint')
    ? { AWS_ENDPOINT_URL_DYNAMODB: inject('dynamoDbEndpoint') }
    : {}
  for (const [stdin, args] of [
    [clientSecret, ['--stage', 'local']],
    [`${clientSecret} ${clientSecret}`, ['--stage', 'local']],
    [clientSecret, ['--stage', 'local', `--secret=${clientSecret}`]],
    [clientSecret, ['--stage', 'local', clientSecret]],
  ] as const) {
    const command = startScript('cli/tenant-secret.ts', {
      stdin,
      args,
      env: { ...env, ...endpoints, PORT: String(port) },
    })
    await command.ended
    note('output of tenant:secret', command.printed())
  }
  await Promise.all([kms.close(), close()])
}
