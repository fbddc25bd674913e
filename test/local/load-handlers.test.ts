import { describe, expect, it } from 'vitest'
import { loadHandlersWith } from '../../local/load-handlers.ts'
import { context, httpEvent, rimBroker } from '../functions/calls.ts'
import { root } from './processes.ts'

describe('the handlers of this machine', () => {
  it('are those of functions/, made with the broker that is given, once', async () => {
    const { source } = rimBroker()
    const load = loadHandlersWith(root, source)

    const handler = await load('functions/health.handler')
    const again = await load('functions/health.handler')

    const answer: unknown = await Reflect.apply(handler, undefined, [httpEvent({}), context])
    expect(answer).toMatchObject({ statusCode: 200, body: '{"stage":"test","version":"1.2.3"}' })
    expect(again).toBe(handler)
  })

  it.each(['functions/health.direct', 'lib/errors.handler'])('are no %s', async (handler) => {
    const load = loadHandlersWith(root, rimBroker().source)

    await expect(load(handler)).rejects.toThrow(/makes no function/)
  })
})
