import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a browser, and have a configuration of their own.
    exclude: ['test/browser/**'],
    globalSetup: ['test/setup/folder.ts', 'test/setup/dynamodb.ts'],
    reporters: ['default', './test/setup/closing-line.ts'],
    // Against hanging, not slowness: a starved machine takes many times as long as a quiet one.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One line a run would say that later versions of the AWS SDK need a later Node.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    pool: 'threads',
    maxWorkers: 2,
    // Nothing here keeps state in a module, so files share what was loaded: a third of the imports' time.
    isolate: false,
  },
})
