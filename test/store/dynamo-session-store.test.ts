import { describe } from 'vitest'
import { createDynamoSessionStore } from '../../lib/store/dynamo-session-store.ts'
import { describeSessionStore } from '../contracts/session-store.ts'
import { freshTable, hasDynamoDb } from '../setup/table.ts'

describe.skipIf(!hasDynamoDb())('with DynamoDB Local', () => {
  describeSessionStore('on DynamoDB', async () =>
    // A hundred calls at once take their time on a machine that has other things to do.
    createDynamoSessionStore({
      ...(await freshTable()),
      deadline: () => AbortSignal.timeout(30_000),
    }),
  )
})
