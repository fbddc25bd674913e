// How serverless-esbuild bundles the functions. The serverless command loads CommonJS; the work is in
// bundle-options.ts.
const { require: load } = require('tsx/cjs/api')

const { bundleOptions } = load('./bundle-options.ts', __filename)

module.exports = (serverless) => bundleOptions(serverless.service.provider.stage)
