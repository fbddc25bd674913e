// What serverless.yml asks of the tenant file, as `${file(./cli/tenant-variables.cjs):…}`. The serverless
// command loads CommonJS; the work is in tenant-variables.ts.
const { require: load } = require('tsx/cjs/api')

const { tenantVariables } = load('./tenant-variables.ts', __filename)

module.exports = ({ options }) => tenantVariables(options.stage)
