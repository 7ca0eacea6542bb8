import { defineConfig } from 'vitest/config'

const MINUTE_MS = 60_000

export default defineConfig({
  test: {
    projects: [
      {
        // Quick tests of one package: no process but their own, no port but 0.
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.spec.ts', 'scripts/test/**/*.spec.ts'],
          environment: 'node',
          testTimeout: 20_000,
          hookTimeout: 20_000
        }
      },
      {
        // Real peers, a real chain, real signals. One file at a time: they measure time and start many processes.
        test: {
          name: 'system',
          include: ['test/**/*.spec.ts'],
          environment: 'node',
          fileParallelism: false,
          testTimeout: 3 * MINUTE_MS,
          hookTimeout: 2 * MINUTE_MS
        }
      }
    ]
  }
})
