// Cuts from a bundle what the AWS SDK carries for other uses than ours: together about 190 of 361 KB.
// For functions on Lambda alone. test/deploy/bundle.test.ts runs both clients when so cut.
import { readFile } from 'node:fs/promises'
import type { OnLoadResult, Plugin, PluginBuild } from 'esbuild'

export const unusedSdkParts: Plugin = {
  name: 'unused-sdk-parts',
  setup: (build) => {
    replaceModules(build)
    // Each client imports its whole package.json to tell its version.
    edit(build, /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/, (text) => ({
      contents: JSON.stringify({ version: JSON.parse(text).version }),
      loader: 'json',
    }))
    // Stands in where Node is built without its own SHA-256; on Lambda it is not.
    edit(build, /[\\/]sha256[\\/]Sha256Js\.js$/, () => ({ contents: 'export class Sha256Js {}' }))
    edit(
      build,
      /[\\/]client-(dynamodb|kms)[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/,
      (text) => ({
        contents: withoutErrors(text),
      }),
    )
  },
}

/** Error classes of the clients that our code asks for by `instanceof`. */
export const keptErrors: readonly string[] = [
  'ConditionalCheckFailedException',
  'IncorrectKeyException',
  'InvalidCiphertextException',
]

const replacements: Readonly<Record<string, string>> = {
  // Lambda gives credentials by the environment; the chain of other providers is 135 KB.
  '@aws-sdk/credential-provider-node':
    "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'",
  // Constructed by every DynamoDB client, asked only by operations that discover their endpoint.
  '@aws-sdk/endpoint-cache': 'export class EndpointCache {}',
  // Loaded for operations that stream events; none of those we call does.
  '@smithy/core/event-streams': 'export const eventStreamSerdeProvider = undefined',
}

const replaceModules = (build: PluginBuild): void => {
  const namespace = 'unused-sdk-parts'
  const filter = new RegExp(`^(${Object.keys(replacements).join('|')})$`)
  build.onResolve({ filter }, ({ path, resolveDir }) => ({
    path,
    namespace,
    pluginData: resolveDir,
  }))
  build.onLoad({ filter, namespace }, ({ path, pluginData }) => ({
    contents: replacements[path] ?? '',
    resolveDir: String(pluginData),
  }))
}

const edit = (build: PluginBuild, filter: RegExp, change: (text: string) => OnLoadResult): void => {
  build.onLoad({ filter }, async ({ path }) => change(await readFile(path, 'utf8')))
}

const registeredError =
  /^export var (\w+)\$ = \[-3, n0,[^;]*\];\nn0_registry\.registerError\(\1\$, \1\);$/gm

// An error that is not registered arrives as its service's base class, under its own name.
const withoutErrors = (schemas: string): string =>
  schemas.replaceAll(registeredError, (statement, name: string) =>
    keptErrors.includes(name) ? statement : '',
  )
