import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { functionBundle } from '../../cli/bundle-options.ts'
import { create, handler } from '../../functions/health.ts'
import { version } from '../../lib/version.ts'
import { context, httpEvent, rimBroker } from './calls.ts'

afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
})

describe('health', () => {
  it('tells stage and version, and nothing else', async () => {
    const { source, getToken } = rimBroker()

    const answer = await create(source).handler(httpEvent({ authorizer: undefined }), context)

    expect(answer.statusCode).toBe(200)
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' })
    expect(JSON.parse(answer.body ?? '')).toEqual({ stage: 'test', version: '1.2.3' })
    expect(getToken).not.toHaveBeenCalled()
  })

  it('answers a deployed function by its stage alone, without table and key', async () => {
    vi.stubEnv('STAGE', 'acme')
    for (const name of ['TABLE_NAME', 'KEY_ID']) vi.stubEnv(name, undefined)

    const { body = '' } = await handler(httpEvent({}), context)

    expect(JSON.parse(body)).toEqual({ stage: 'acme', version })
  })

  it('names a missing stage in the log alone', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    vi.stubEnv('STAGE', undefined)

    const { statusCode, body } = await handler(httpEvent({}), context)

    expect(statusCode).toBe(500)
    expect(body).not.toContain('STAGE')
    expect(log.mock.calls[0]?.[0]).toContain('Missing in the environment: STAGE.')
  })

  it('refuses what comes through no gateway', async () => {
    const { source } = rimBroker()

    const { statusCode } = await create(source).handler({}, context)

    expect(statusCode).toBe(403)
  })

  it('carries nothing of the AWS SDK in its bundle', async () => {
    const entry = fileURLToPath(new URL('../../functions/health.ts', import.meta.url))

    const { metafile } = await build({
      ...functionBundle,
      entryPoints: [entry],
      write: false,
      metafile: true,
    })

    const [output] = Object.values(metafile.outputs)
    const carried = Object.entries(output?.inputs ?? {}).filter(
      ([, part]) => part.bytesInOutput > 0,
    )
    expect(carried.map(([path]) => path).filter((path) => /@aws|@smithy/.test(path))).toEqual([])
    expect(output?.bytes).toBeLessThanOrEqual(24_000)
  })
})
