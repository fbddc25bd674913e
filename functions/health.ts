// `GET /health`: which stage and version answers here. Nothing is asked of table, keys or Looker.
import { brokerFromEnvironment } from '../lib/broker.ts'
import { answerHttp } from '../lib/http/answer.ts'
import type { BrokerSource } from '../lib/http/answer.ts'

export const create = (source: BrokerSource) => ({
  handler: answerHttp('health', source, async (_request, { broker }) => ({
    stage: broker.stage,
    version: broker.version,
  })),
})

export const { handler } = create(brokerFromEnvironment)
