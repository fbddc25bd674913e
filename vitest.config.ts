import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/dynamodb.ts'],
    reporters: ['default', './test/setup/closing-line.ts'],
    testTimeout: 20_000,
    pool: 'threads',
    maxWorkers: 2,
  },
})
