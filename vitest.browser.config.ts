import { defineConfig } from 'vitest/config'

// Tests that need a real browser: apart from the others, so that those need none.
export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    globalSetup: ['test/setup/folder.ts'],
    reporters: ['default', './test/setup/closing-line.ts'],
    // Against hanging, not slowness.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    pool: 'threads',
    // They wait more than they work; each file has a stage and ports of its own.
    maxWorkers: 2,
  },
})
