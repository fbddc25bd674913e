// Loaded before the serverless command: a connection to a host is noted in the file NETWORK_ATTEMPTS and
// refused. Pipes on this machine are let through.
const { appendFileSync } = require('node:fs')
const { Socket } = require('node:net')

const connect = Socket.prototype.connect

Socket.prototype.connect = function (...target) {
  const [options] = target.flat()
  if (options?.path) return connect.apply(this, target)
  appendFileSync(process.env.NETWORK_ATTEMPTS, `${JSON.stringify(options)}\n`)
  throw new Error('no network here')
}
