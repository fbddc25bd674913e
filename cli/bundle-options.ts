// How a function becomes one file: esbuild's options, the tenant compiled in, what is cut away, and what
// must never be in a bundle.
import type { BuildOptions, Plugin } from 'esbuild'
import { localStage, readTenant } from './tenant-file.ts'

type ServerlessEsbuildOptions = BuildOptions & {
  readonly outputFileExtension: '.cjs'
  readonly exclude: readonly string[]
}

/** For a stage, read from the project's root. Errors: `UnknownStageError`, `TenantError`. */
export const bundleOptions = (stage: string): ServerlessEsbuildOptions => ({
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // Says CommonJS by itself, wherever the file is unpacked.
  outputFileExtension: '.cjs',
  mainFields: ['module', 'main'],
  sourcemap: false,
  legalComments: 'none',
  // Nothing is left to be installed or to come from the runtime.
  exclude: [],
  external: [],
  // Text in text: the bundle holds one string, which is parsed once.
  define: { TENANT_FILE_JSON: JSON.stringify(JSON.stringify(readTenant(process.cwd(), stage))) },
  plugins: [deployedStagesOnly(stage), deployedFoldersOnly, environmentCredentials, shortManifests],
})

/** A function on Lambda gets its credentials by the environment; the other providers are 135 KB. */
export const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  setup: (build) => {
    build.onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ resolveDir }) => ({
      path: 'environment-credentials',
      namespace: 'environment-credentials',
      pluginData: resolveDir,
    }))
    build.onLoad({ filter: /.*/, namespace: 'environment-credentials' }, ({ pluginData }) => ({
      contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'`,
      resolveDir: String(pluginData),
    }))
  },
}

/** AWS clients import their whole package.json to tell their version. */
export const shortManifests: Plugin = {
  name: 'short-manifests',
  setup: (build) => {
    build.onLoad({ filter: /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/ }, async ({ path }) => {
      const { readFile } = await import('node:fs/promises')
      const { version } = JSON.parse(await readFile(path, 'utf8'))
      return { contents: JSON.stringify({ version }), loader: 'json' }
    })
  },
}

const deployedStagesOnly = (stage: string): Plugin => ({
  name: 'deployed-stages-only',
  setup: (build) => {
    build.onStart(() =>
      stage === localStage ? refusal(`The stage ${localStage} runs on this machine only`) : {},
    )
  },
})

const neverDeployed = /^(local|test|cli)\//

const deployedFoldersOnly: Plugin = {
  name: 'deployed-folders-only',
  setup: (build) => {
    // By the plugin and not by the options: there, serverless-esbuild would put the metafile in the zip.
    build.initialOptions.metafile = true
    build.onEnd(({ metafile }) => {
      const found = Object.keys(metafile?.inputs ?? {}).filter((path) => neverDeployed.test(path))
      return found.length > 0 ? refusal(`Not to be deployed: ${found.join(', ')}`) : {}
    })
  },
}

const refusal = (text: string) => ({ errors: [{ text }] })
