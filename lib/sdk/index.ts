// `looker-token-broker/sdk`: a session for Looker's own SDK whose tokens come from the broker.
export * from '../index.ts'
export { failureOf } from './failure.ts'
export type { CallFailure } from './failure.ts'
export { init } from './init.ts'
export type { InitOptions } from './init.ts'
export { brokerSession } from './session.ts'
export { brokerTransport } from './transport.ts'
export type { BrokerSession, SessionOptions, TransportOptions } from './types.ts'
