// One cold environment as a process of its own, on the real clients: reads principals as lines of JSON
// from its input, writes for each what became of it. Tokens leave it as digests only.
import { createInterface } from 'node:readline'
import * as v from 'valibot'
import { createBroker, systemServices } from '../../lib/broker.ts'
import { parseTenant } from '../../lib/config.ts'
import { BrokerError } from '../../lib/errors.ts'
import { deadlineIn } from '../../lib/time.ts'
import type { Principal } from '../../lib/tokens/principal.ts'

const orderSchema = v.object({
  stage: v.string(),
  tableName: v.string(),
  keyId: v.string(),
  lookerUrl: v.string(),
  clientId: v.string(),
  loginSeconds: v.number(),
})

const order = v.parse(orderSchema, JSON.parse(process.argv[2] ?? '{}'))
const tenant = parseTenant(
  {
    looker: {
      base_url: order.lookerUrl,
      client_id: order.clientId,
      login_timeout_seconds: order.loginSeconds,
    },
  },
  { allowLoopback: true },
)
const services = { ...systemServices(order), report: () => undefined }
const broker = createBroker({ ...order, tenant }, services)

const say = (line: unknown): void => void process.stdout.write(`${JSON.stringify(line)}\n`)

const ask = async (workspace: Principal['workspace']): Promise<void> => {
  const principal = { instance: order.lookerUrl, clientId: order.clientId, workspace }
  try {
    const deadline = deadlineIn(broker.clock, 60_000)
    const token = await broker.getToken(principal, { minTtlMs: 0 }, deadline)
    say({ code: 'ok', digest: token.secret.digest(), generation: token.generation })
  } catch (error) {
    say({ code: error instanceof BrokerError ? error.code : 'unexpected' })
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  void ask(line === 'dev' ? 'dev' : 'production')
})
say({ code: 'ready' })
