// The doctor's look at key, secret and Looker, for direct invocation by `npm run doctor` alone.
import * as v from 'valibot'
import { doctorBrokerFromEnvironment } from '../lib/doctor-broker.ts'
import type { DoctorBroker } from '../lib/doctor-broker.ts'
import { answerDirect } from '../lib/http/answer.ts'
import { parseFields } from '../lib/http/body.ts'

const noFields = v.objectWithRest({}, v.never())
/** The function's time-out in serverless.yml is a little more. */
const longestMs = 55_000

export const create = (source: () => DoctorBroker) => ({
  direct: answerDirect(
    'examine-looker',
    source,
    async (payload, { broker, deadline }) => {
      parseFields(noFields, payload)
      return { settings: broker.settings, findings: await broker.examine(deadline) }
    },
    longestMs,
  ),
})

export const { direct } = create(doctorBrokerFromEnvironment)
