// A long answer through Looker's own SDK, piece by piece.
import { Looker40SDKStream } from '@looker/sdk'
import { afterEach, expect, test } from 'vitest'
import { callOf, createSdkStage, named } from './sdk-stage.ts'
import type { SdkStage } from './sdk-stage.ts'

let stage: SdkStage

afterEach(() => stage.close())

test('300,000 rows arrive whole and in order, with the token of the user who asked', async () => {
  stage = await createSdkStage()
  const stream = new Looker40SDKStream(stage.sessionOf({ userId: '7' }))
  const body = { model: 'thelook', view: 'orders', fields: ['orders.id'], limit: '300000' }
  let rows = 0
  let rest = ''
  const outOfOrder: string[] = []
  const readAll = async ({ body: pieces }: Response): Promise<string> => {
    const decoder = new TextDecoder()
    for await (const piece of pieces ?? []) {
      const lines = `${rest}${decoder.decode(piece, { stream: true })}`.split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (line !== (rows === 0 ? 'Orders Id' : String(rows))) outOfOrder.push(line)
        rows += 1
      }
    }
    return 'read'
  }

  const result = await stream.run_inline_query(
    readAll,
    { result_format: 'csv', body },
    named('long'),
  )

  expect(result).toBe('read')
  expect([rows, rest, outOfOrder]).toEqual([300_001, '', []])
  expect(stage.looker.record.named()).toMatchObject([callOf('long', '7')])
})
