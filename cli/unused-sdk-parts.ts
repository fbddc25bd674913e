// Cuts from a bundle what the AWS SDK carries for other uses than ours: about 150 KB of 361.
// For functions on Lambda alone; test/deploy/bundle.test.ts runs both clients so cut.
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

const replacements: Readonly<Record<string, string>> = {
  // Lambda gives credentials by the environment; the chain of other providers is 135 KB.
  '@aws-sdk/credential-provider-node':
    "export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env'",
  // Constructed by every DynamoDB client, asked only by operations of Timestream.
  '@aws-sdk/endpoint-cache': 'export class EndpointCache {}',
  // Loaded for operations that stream events; no operation of DynamoDB or KMS does.
  '@smithy/core/event-streams': 'export const eventStreamSerdeProvider = undefined',
}

const exactly = (modules: readonly string[]): RegExp =>
  new RegExp(`^(${modules.map((name) => name.replaceAll('.', '\\.')).join('|')})$`)

export const unusedSdkParts: Plugin = {
  name: 'unused-sdk-parts',
  setup: (build) => {
    const namespace = 'unused-sdk-parts'
    const filter = exactly(Object.keys(replacements))
    build.onResolve({ filter }, ({ path, resolveDir }) => ({
      path,
      namespace,
      pluginData: resolveDir,
    }))
    build.onLoad({ filter, namespace }, ({ path, pluginData }) => ({
      contents: replacements[path] ?? '',
      resolveDir: String(pluginData),
    }))
    // Each client imports its whole package.json to tell its version.
    const manifest = /[\\/]@aws-sdk[\\/][^\\/]+[\\/]package\.json$/
    build.onLoad({ filter: manifest }, async ({ path }) => ({
      contents: JSON.stringify({ version: JSON.parse(await readFile(path, 'utf8')).version }),
      loader: 'json',
    }))
  },
}
