// One cold start: loads a bundle as Lambda does, calls its function, and tells when it was loaded, when the
// first call over HTTP had its answer, and when the function answered. Plain JavaScript, for any Node.
const { subscribe } = require('node:diagnostics_channel')

const { path, entry, event, end } = JSON.parse(process.argv[2])
const context = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 20_000 }
const times = {}

const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const startedMs = performance.now()
const startedCpuMs = cpuMs()
const note = (name) => {
  times[name] ??= { ms: performance.now() - startedMs, cpuMs: cpuMs() - startedCpuMs }
  if (name === end) process.stdout.write(JSON.stringify(times), () => process.exit())
}

subscribe('http.client.response.finish', () => note('read'))
const { [entry]: handler } = require(path)
note('load')
if (end !== 'load') {
  handler(event, context).then(
    (answer) => {
      times.said = answer
      note('answer')
    },
    (error) => {
      throw error
    },
  )
}
