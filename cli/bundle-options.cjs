// How serverless-esbuild bundles the functions. The serverless command loads CommonJS; the work is in
// bundle-options.ts.
const { require: load } = require('tsx/cjs/api')

const { bundleOptions, whyNotDeployed } = load('./bundle-options.ts', __filename)

module.exports = ({ service, processedInput, classes }) => {
  const { stage } = service.provider
  // Asked for by `print` too, by which the local gateway learns its routes.
  const refusal = processedInput.commands[0] === 'print' ? undefined : whyNotDeployed(stage)
  if (refusal) throw new classes.Error(refusal)
  return bundleOptions(stage)
}
