// Every minute: ends at Looker the embed sessions whose time is over, also those that nobody closes.
import type { Context } from 'aws-lambda'
import { sweepBrokerFromEnvironment } from '../lib/embed-broker.ts'
import type { SweepBroker } from '../lib/embed-broker.ts'
import type { SweepReport } from '../lib/embed/sweep.ts'
import { BrokerError } from '../lib/errors.ts'
import { reportFailure } from '../lib/http/failure.ts'
import { deadlineIn } from '../lib/time.ts'
import { partError } from '../lib/tokens/failures.ts'

/** Kept back from the function's time for the report. */
const reportMs = 500

export const create = (source: () => SweepBroker) => ({
  handler: async (
    _event: unknown,
    context: Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>,
  ): Promise<SweepReport | undefined> => {
    const call = { functionName: 'end-due-sessions', requestId: context.awsRequestId }
    let broker: SweepBroker | undefined
    try {
      broker = source()
      const limitMs = context.getRemainingTimeInMillis() - reportMs
      return await broker.sweepDue?.(deadlineIn(broker.clock, limitMs))
    } catch (error) {
      const { detail } = reportFailure(partError(error), { ...call, broker })
      // Thrown, so that Lambda counts a failed run; anew, as Lambda prints all that an error carries.
      throw new BrokerError('internal', detail)
    }
  },
})

export const { handler } = create(sweepBrokerFromEnvironment)
