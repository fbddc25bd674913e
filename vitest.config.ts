import { defineConfig } from 'vitest/config'
import { WaitingFirst } from './test/setup/waiting-first.ts'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // They need a browser, and have a configuration of their own.
    exclude: ['test/browser/**'],
    globalSetup: ['test/setup/folder.ts', 'test/setup/dynamodb.ts', 'test/setup/package.ts'],
    reporters: ['default', './test/setup/closing-line.ts'],
    // Against hanging, not slowness: a starved machine takes many times as long as a quiet one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // One line a run would say that later versions of the AWS SDK need a later Node.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    pool: 'threads',
    // One more than the processors of a small machine: some files wait more than they work, for processes,
    // the database and time.
    maxWorkers: 3,
    sequence: { sequencer: WaitingFirst },
    // Nothing here keeps state in a module, so files share what was loaded: a third of the imports' time.
    isolate: false,
  },
})
