// Every minute: renews the API tokens in use before they end, so that no request waits for a login.
import type { Context } from 'aws-lambda'
import { brokerFromEnvironment } from '../lib/broker.ts'
import type { Broker } from '../lib/broker.ts'
import { BrokerError } from '../lib/errors.ts'
import type { BrokerSource } from '../lib/http/answer.ts'
import { reportFailure } from '../lib/http/failure.ts'
import { deadlineIn } from '../lib/time.ts'
import { partError } from '../lib/tokens/failures.ts'
import type { RenewalReport } from '../lib/tokens/renewal.ts'

/** Kept back from the function's time for the report. */
const reportMs = 500

export const create = (source: BrokerSource) => ({
  handler: async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<RenewalReport> => {
    const call = { functionName: 'renew-api-tokens', requestId: context.awsRequestId }
    let broker: Broker | undefined
    try {
      broker = source()
      const limitMs = context.getRemainingTimeInMillis() - reportMs
      return await broker.renewDue(deadlineIn(broker.clock, limitMs))
    } catch (error) {
      const { detail } = reportFailure(partError(error), { ...call, broker })
      // Thrown, so that Lambda counts a failed run; anew, as Lambda prints all that an error carries.
      throw new BrokerError('internal', detail)
    }
  },
})

export const { handler } = create(brokerFromEnvironment)
