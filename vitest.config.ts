import { configDefaults, defineConfig } from 'vitest/config'

const MINUTE_MS = 60_000

// `npm run test:long`: the same tests with many more random cases each.
const isLong = process.env.ARCHIPEL_LONG === '1'
/** What takes too long for every run. */
const LONG_FILES = 'test/**/*.long.spec.ts'
const long = isLong ? { setupFiles: ['test/setup/long-runs.ts'] } : {}

export default defineConfig({
  test: {
    projects: [
      {
        // Quick tests of one package: no process but their own, no port but 0.
        test: {
          ...long,
          name: 'unit',
          include: ['packages/*/test/**/*.spec.ts', 'scripts/test/**/*.spec.ts'],
          environment: 'node',
          testTimeout: isLong ? 20 * MINUTE_MS : 20_000,
          hookTimeout: 20_000
        }
      },
      {
        // Real peers, a real chain, real signals. One file at a time: they measure time and start many processes.
        test: {
          ...long,
          name: 'system',
          include: ['test/**/*.spec.ts'],
          exclude: [...configDefaults.exclude, ...(isLong ? [] : [LONG_FILES])],
          environment: 'node',
          fileParallelism: false,
          testTimeout: isLong ? 20 * MINUTE_MS : 3 * MINUTE_MS,
          hookTimeout: 2 * MINUTE_MS
        }
      }
    ]
  }
})
