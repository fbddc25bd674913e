// What becomes of an error at the rim of a function: one line in the log, and the problem that the
// caller is told.
import type { Broker } from '../broker.ts'
import { BrokerError, KeysError, LookerError, SealError, StoreError } from '../errors.ts'
import { problemOf } from './problem.ts'
import type { Problem } from './problem.ts'

export type FailedCall = {
  readonly functionName: string
  readonly requestId: string
  /** Absent when the broker itself could not be made. */
  readonly broker: Pick<Broker, 'report'> | undefined
}

/** Reports the error, and says what may be told of it. */
export const reportFailure = (error: unknown, call: FailedCall): Problem => {
  const problem = problemOf(error, call.requestId)
  const report = call.broker?.report ?? reportWithoutBroker
  report({
    name: 'request-failed',
    function: call.functionName,
    request_id: call.requestId,
    code: error instanceof BrokerError ? error.code : 'internal',
    ...(error instanceof BrokerError && error.about ? { about: error.about } : {}),
    status: problem.status,
    error: describe(error),
  })
  return problem
}

const reportWithoutBroker = (event: object): void => console.error(JSON.stringify(event))

const ours = [BrokerError, LookerError, StoreError, KeysError, SealError]

/** Our own messages hold no secret. What others wrote could, so only its name is logged. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return 'unknown'
  if (!ours.some((kind) => error instanceof kind)) return nameOf(error)
  return error.cause === undefined ? error.message : `${error.message} (${describe(error.cause)})`
}

const nameOf = ({ name }: Error): string => (/^\w{1,60}$/.test(name) ? name : 'Error')
