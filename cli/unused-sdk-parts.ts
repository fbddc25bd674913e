// Cuts from a bundle what the AWS SDK carries for other uses than ours: together about 240 of 361 KB.
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
    for (const [file, contents] of Object.entries(replacedFiles)) {
      edit(build, endOfPath(file), () => ({ contents }))
    }
    edit(
      build,
      /[\\/]client-(dynamodb|kms)[\\/]dist-es[\\/]endpoint[\\/]endpointResolver\.js$/,
      (_, path) => ({
        contents: endpointResolverOf(path.includes('client-kms') ? 'kms' : 'dynamodb'),
      }),
    )
    for (const [file, names] of Object.entries(unusedMethods)) {
      edit(build, endOfPath(file), (text) => ({ contents: withoutMethods(text, names) }))
    }
    edit(build, /[\\/]util-endpoints[\\/]lib[\\/]aws[\\/]partitions\.js$/, (text) => ({
      contents: withoutRegions(text),
    }))
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
}

/** Methods of the SDK's classes by the end of their file's path. Whoever calls one is told that it is no function. */
const unusedMethods: Readonly<Record<string, readonly string[]>> = {
  // Of addresses that carry their signature, and of events. Ours are requests signed in a header.
  'signature-v4/dist-es/SignatureV4': ['presign', 'signEvent', 'signMessage', 'signString'],
  // Of operations that stream events, and of protocols that name their errors otherwise.
  'submodules/protocols/HttpProtocol': [
    'resolveError',
    'serializeEventStream',
    'deserializeEventStream',
    'loadEventStreamCapability',
    'getEventStreamMarshaller',
    'resolveEventStreamMarshaller',
  ],
  // Of services that once answered XML, and of those whose fields stand in headers and paths.
  'submodules/protocols/ProtocolLib': [
    'resolveRestContentType',
    'setQueryCompatError',
    'queryCompatOutput',
    'findQueryCompatibleError',
  ],
  // Of fields that hold a time or anything at all. No input of ours has one.
  'json/codec-v2/JsonShapeSerializer2': ['writeDiscriminatedDocument', 'writeTimestamp'],
}

/** Files of the SDK by the end of their path. */
const replacedFiles: Readonly<Record<string, string>> = {
  // Stands in where Node is built without its own SHA-256; on Lambda it is not.
  'sha256/Sha256Js': 'export class Sha256Js {}',
  // By way of the global `crypto`, which makes Node load all of Web Crypto.
  'serde/uuid/v4': `
    import { randomUUID } from 'node:crypto'
    export const bindV4 = () => () => randomUUID()`,
  // Signs the messages of event streams.
  'signature-v4/dist-es/HeaderFormatter': 'export class HeaderFormatter {}',
  // Only where AWS_RETRY_MODE asks for it, and ours does not.
  'util-retry/AdaptiveRetryStrategy':
    "export class AdaptiveRetryStrategy { constructor() { throw new Error('no adaptive retry') } }",
  // Hands the trace of an invocation on, by which Lambda finds functions that invoke one another in a
  // circle. No table and no key invokes a function.
  'middleware-recursion-detection/getRecursionDetectionPlugin':
    'export const getRecursionDetectionPlugin = () => ({ applyToStack: () => {} })',
  // Tells AWS which features of the SDK are in use.
  'middleware-user-agent/check-features': 'export const checkFeatures = async () => {}',
  // The log is ours, and says nothing of calls.
  'middleware-logger/loggerMiddleware': `
    export const loggerMiddleware = undefined, loggerMiddlewareOptions = undefined
    export const getLoggerPlugin = () => ({ applyToStack: () => {} })`,
  'smithy-client/schemaLogFilter': 'export const schemaLogFilter = (_, value) => value',
  // Warns of old versions of Node; the runtime is named in serverless.yml.
  'submodules/client/emitWarningIfUnsupportedVersion': `
    export const state = {}
    export const emitWarningIfUnsupportedVersion = () => {}`,
  // Lambda gives settings by the environment; there is no home with files, and no metadata service.
  'node-config-provider/fromSharedConfigFiles': `
    const error = Object.assign(new Error('no configuration files'), { tryNextLink: true })
    export const fromSharedConfigFiles = () => async () => { throw error }`,
  'regionConfig/getInstanceMetadataRegion':
    'export const getInstanceMetadataRegion = async () => undefined',
  // Checks the dates of headers and fields; ours come from AWS itself.
  'serde/date-utils': `
    const parse = (text) => new Date(text)
    export { parse as parseRfc3339DateTime, parse as parseRfc3339DateTimeWithOffset, parse as parseRfc7231DateTime }
    export const parseEpochTimestamp = (seconds) => new Date(seconds * 1000)
    export const dateToUtcString = (date) => date.toUTCString()`,
  // Keeps the digits of numbers that JavaScript would round. DynamoDB's and KMS's answers have none.
  'protocols/json/jsonReviver': 'export const jsonReviver = undefined',
  // Of services whose fields stand in headers and paths. Ours put all of them into the body.
  'protocols/HttpBindingNormalizedSchema': `
    export class HttpBindingNormalizedSchema {}
    export const getHttpOperationBindings = () => []`,
  'service-customizations/s3': `
    export const DOT_PATTERN = undefined, S3_HOSTNAME_PATTERN = undefined
    export const isArnBucketName = undefined, isDnsCompatibleBucketName = undefined
    export const resolveParamsForS3 = async () => {}`,
  // Rules of S3 and of ARNs, for the language of endpoints that endpointResolverOf does without.
  'client/util-endpoints/aws': 'export const awsEndpointFunctions = undefined',
  // Only where AWS_DEFAULTS_MODE asks for it, and ours does not: our clients name their own times.
  'defaults-mode/resolveDefaultsModeConfig':
    "export const resolveDefaultsModeConfig = () => async () => 'legacy'",
  // Puts together again what a client was made of, for extensions that could change it. There are none.
  'dist-es/runtimeExtensions': 'export const resolveRuntimeExtensions = (config) => config',
}

/** The usual endpoint of a region, or the one that is given. The SDK's own is an interpreter of 18 KB. */
const endpointResolverOf = (service: string): string => `
import { partition } from '@aws-sdk/core/client'
export const defaultEndpointResolver = ({ Endpoint, Region, UseDualStack, UseFIPS }) => {
  if (UseDualStack || UseFIPS) throw new Error('no dual-stack and no FIPS endpoints in this bundle')
  const url = Endpoint ?? 'https://${service}.' + Region + '.' + partition(Region).dnsSuffix
  return { url: new URL(url), properties: {}, headers: {} }
}`

// Each region is found by its partition's pattern; the list of them only adds what they are called.
const withoutRegions = (text: string): string =>
  text.replaceAll(/"regions": \{(?:\s*"[\w-]+": \{[^{}]*\},?)*\s*\}/g, '"regions": {}')

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

const edit = (
  build: PluginBuild,
  filter: RegExp,
  change: (text: string, path: string) => OnLoadResult,
): void => {
  build.onLoad({ filter }, async ({ path }) => change(await readFile(path, 'utf8'), path))
}

const endOfPath = (file: string): RegExp =>
  new RegExp(`[\\\\/]${file.replaceAll('/', '[\\\\/]')}\\.js$`)

const withoutMethods = (text: string, names: readonly string[]): string =>
  names.reduce((left, name) => {
    const method = new RegExp(String.raw`^    (?:async )?${name}\([^]*?^    \}\n`, 'm')
    if (!method.test(left)) throw new Error(`The AWS SDK has no method ${name} here any more`)
    return left.replace(method, '')
  }, text)

const registeredError =
  /^export var (\w+)\$ = \[-3, n0,[^;]*\];\nn0_registry\.registerError\(\1\$, \1\);$/gm

// An error that is not registered arrives as its service's base class, under its own name.
const withoutErrors = (schemas: string): string =>
  schemas.replaceAll(registeredError, (statement, name: string) =>
    keptErrors.includes(name) ? statement : '',
  )
