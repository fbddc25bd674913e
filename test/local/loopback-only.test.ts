// Whatever listens on this machine answers to loopback names alone.
import { request } from 'node:http'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../lib/system.ts'
import { createGateway } from '../../local/gateway/gateway.ts'
import { startKmsDouble } from '../../local/kms/server.ts'
import { createLookerSimulator } from '../../local/looker/server.ts'

const gateway = createGateway({
  region: 'us-east-1',
  stage: 'local',
  functions: [],
  routes: [],
  loadHandler: () => Promise.reject(new Error('no functions')),
  jwtKeys: {},
  iamKeys: [],
  clock: systemClock,
})

const servers: Record<string, { url: string; close: () => Promise<void> }> = {}

beforeAll(async () => {
  const { address, close } = await gateway.listen()
  servers['gateway'] = { url: `${address}/`, close }
  const kms = await startKmsDouble()
  servers['KMS double'] = { url: `${kms.url}/double/counts`, close: kms.close }
  const looker = await createLookerSimulator().listen()
  servers['Looker simulator'] = { url: `${looker.url}/simulator`, close: looker.close }
})
afterAll(() => Promise.all(Object.values(servers).map(({ close }) => close())))

const statusFor = async (name: string, host: string): Promise<number | undefined> => {
  const sent = request(servers[name]?.url ?? '', { headers: { host } }).end()
  const [answer]: IncomingMessage[] = await once(sent, 'response')
  answer?.resume()
  return answer?.statusCode
}

describe.each(['gateway', 'KMS double', 'Looker simulator'])('the %s', (name) => {
  it.each(['evil.example', 'evil.example:4000', '127.0.0.1.evil.example', 'localhost.evil'])(
    'refuses the host %j',
    async (host) => {
      expect(await statusFor(name, host)).toBe(403)
    },
  )

  it.each(['127.0.0.1', 'localhost:4000', '[::1]:4000'])('answers to %s', async (host) => {
    expect(await statusFor(name, host)).not.toBe(403)
  })
})
