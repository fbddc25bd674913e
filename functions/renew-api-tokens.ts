// Every minute: renews the API tokens in use before they end, so that no request waits for a login.
import type { Context } from 'aws-lambda'
import { brokerFromEnvironment } from '../lib/broker.ts'
import type { BrokerSource } from '../lib/http/answer.ts'
import { deadlineIn } from '../lib/time.ts'
import type { RenewalReport } from '../lib/tokens/renewal.ts'

/** Kept back from the function's time for the report. */
const reportMs = 500

export const create = (source: BrokerSource) => ({
  handler: (
    _event: unknown,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<RenewalReport> => {
    const broker = source()
    return broker.renewDue(deadlineIn(broker.clock, context.getRemainingTimeInMillis() - reportMs))
  },
})

export const { handler } = create(brokerFromEnvironment)
