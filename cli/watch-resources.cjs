// What serverless.yml includes to watch a stage, as `${file(./cli/watch-resources.cjs)}`. The serverless command
// loads CommonJS; the work is in watch/resources.ts.
const { require: load } = require('tsx/cjs/api')

const { watchResources } = load('./watch/resources.ts', __filename)

module.exports = async ({ options, resolveVariable }) =>
  watchResources(options.stage, await resolveVariable('self:provider.region'))
