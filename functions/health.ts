// `GET /health`: which stage and version answers here. Nothing is asked of table, keys or Looker.
import { frontFromEnvironment } from '../lib/broker.ts'
import type { Front } from '../lib/broker.ts'
import { answerHttp } from '../lib/http/answer.ts'

export const create = (source: () => Front) => ({
  handler: answerHttp('health', source, async (_request, { broker: { stage, version } }) => ({
    stage,
    version,
  })),
})

export const { handler } = create(frontFromEnvironment)
