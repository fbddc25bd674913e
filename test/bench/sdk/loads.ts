// How long a process takes from its start until the bundle is loaded, beside one that loads nothing.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { quantile } from '../quantile.ts'
import type { Bundle } from './programs.ts'

export type Load = {
  readonly name: string
  readonly bytes: number
  readonly gzipBytes: number
  /** Over the process that loads nothing. */
  readonly p50Ms: number
  readonly p99Ms: number
}

/** The bundles take turns. The first of them is the one that loads nothing. */
export const measureLoads = async (
  bundles: readonly Bundle[],
  rounds: number,
): Promise<readonly Load[]> => {
  const lambda = await startLambda()
  const samples = bundles.map((): number[] => [])
  // One that is not counted, for the files to be read.
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, bundle] of bundles.entries()) {
      const ms = await loadOnce(bundle, lambda.url)
      if (round >= 0) samples[index]?.push(ms)
    }
  }
  await lambda.close()
  const baseMs = quantile(samples[0] ?? [], 0.5)
  return bundles.map(({ name, bytes, gzipBytes }, index) => ({
    name,
    bytes,
    gzipBytes,
    p50Ms: rounded(quantile(samples[index] ?? [], 0.5) - baseMs),
    p99Ms: rounded(quantile(samples[index] ?? [], 0.99) - baseMs),
  }))
}

const rounded = (value: number): number => Math.round(value * 10) / 10

const loadOnce = async ({ path }: Bundle, lambdaUrl: string): Promise<number> => {
  const env = {
    AWS_ENDPOINT_URL: lambdaUrl,
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example-key',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  }
  const { stdout } = await promisify(execFile)(process.execPath, [path], {
    env,
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  const ms = Number(stdout)
  if (stdout === '' || !Number.isFinite(ms)) throw new Error('the program did not tell its time')
  return ms
}

/** Stands for Lambda with the broker's direct function, and answers at once. */
const startLambda = async () => {
  const server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const expires_at = new Date(Date.now() + 3_600_000).toISOString()
      const token = {
        access_token: 'bench-token',
        token_type: 'Bearer',
        expires_in: 3600,
        expires_at,
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ ...token, user_id: null, workspace: 'production' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    close: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
