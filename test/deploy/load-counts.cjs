// Loads a bundle and prints how much that was, by counts that are the same on every machine: bytes of source
// that ran, functions that ran, and modules of Node that were loaded for it. Run: node load-counts.cjs <path>
const { Session } = require('node:inspector')
const Module = require('node:module')

const path = process.argv[2]
const session = new Session()
session.connect()

/** Answers at once: the inspected thread is this one. */
const post = (method, parameters) => {
  let answer
  session.post(method, parameters, (error, result) => {
    if (error) throw error
    answer = result
  })
  return answer
}

/** Ranges lie in one another; the innermost tells. */
const bytesThatRan = (functions, length) => {
  const ran = new Uint8Array(length)
  const ranges = functions.flatMap((one) => one.ranges)
  ranges.sort((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset)
  for (const { startOffset, endOffset, count } of ranges) {
    ran.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  }
  return ran.reduce((sum, byte) => sum + byte, 0)
}

const asked = new Set()
const { require: load } = Module.prototype
Module.prototype.require = function requireNoting(request) {
  if (Module.isBuiltin(request)) asked.add(request)
  return load.call(this, request)
}

/** Large ones that Node loads once their global is looked at. */
const lazy = { webcrypto: 'internal/crypto/webcrypto', undici: 'internal/deps/undici/undici' }

post('Profiler.enable')
post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
require(path)
for (const [name, file] of Object.entries(lazy)) {
  if (process.moduleLoadList.includes(`NativeModule ${file}`)) asked.add(name)
}
const { result } = post('Profiler.takePreciseCoverage')
const { functions } = result.find(({ url }) => url.endsWith(path))
const length = Math.max(...functions.flatMap(({ ranges }) => ranges.map((one) => one.endOffset)))

process.stdout.write(
  JSON.stringify({
    bytesThatRan: bytesThatRan(functions, length),
    functionsThatRan: functions.filter(({ ranges }) => ranges[0].count > 0).length,
    nodeModules: [...asked].toSorted((a, b) => a.localeCompare(b)),
  }),
)
