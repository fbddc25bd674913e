// How a function becomes one file: esbuild's options, the tenant compiled in, and what must never be in
// a bundle. What is cut from the AWS SDK is in unused-sdk-parts.ts.
import type { BuildOptions, Plugin } from 'esbuild'
import { localStage, readTenant } from './tenant-file.ts'
import { unusedSdkParts } from './unused-sdk-parts.ts'

/** Of esbuild alone; the same for every stage. */
export const functionBundle: BuildOptions = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // Without it the SDK's CommonJS files are taken, and the bundle is 60 % larger.
  mainFields: ['module', 'main'],
  sourcemap: false,
  legalComments: 'none',
}

/**
 * For serverless-esbuild, with the tenant file of the stage as the text `TENANT_FILE_JSON`.
 * Called in the project's root. Errors: `UnknownStageError`, `TenantError`.
 */
export const bundleOptions = (stage: string) => ({
  ...functionBundle,
  define: { TENANT_FILE_JSON: JSON.stringify(JSON.stringify(readTenant(process.cwd(), stage))) },
  plugins: [deployedFoldersOnly, unusedSdkParts],
  supported: quickerToCompile,
  // Nothing is left to be installed, or to come from the runtime.
  exclude: [],
  // Says CommonJS by itself, wherever the file is unpacked.
  outputFileExtension: '.cjs',
  // A kept build context is not ended after a failure, and the command would never return.
  skipRebuild: true,
})

// V8 takes longer to compile an arrow function than a `function` that says the same, most for one that takes its
// parameters apart: a third of what a file of ours takes (docs/benchmarks.md). Esbuild writes the one as the other.
const quickerToCompile = { arrow: false }

/** What to tell who packages a stage that cannot be; undefined for all others. */
export const whyNotDeployed = (stage: string): string | undefined =>
  stage === localStage
    ? `The stage ${localStage} runs on one machine only (npm start). Name another of tenants/.`
    : undefined

const neverDeployed = /^(local|test|cli|pages)\//

export const deployedFoldersOnly: Plugin = {
  name: 'deployed-folders-only',
  setup: (build) => {
    // Set here and not in the options, by which serverless-esbuild would put the metafile in the zip.
    build.initialOptions.metafile = true
    build.onEnd(({ metafile }) => {
      const found = Object.keys(metafile?.inputs ?? {}).filter((path) => neverDeployed.test(path))
      return found.length > 0 ? refusal(`Not to be deployed: ${found.join(', ')}`) : {}
    })
  },
}

const refusal = (text: string) => ({ errors: [{ text }] })
