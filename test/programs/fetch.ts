import { C_PROGRAMS } from './programs.ts'
import { fetchSources } from './sources.ts'

// Fetches what there is to build, where that has not been done: by itself, so that a machine can be asked whether it can.
try {
  for (const { source } of C_PROGRAMS) await fetchSources(source)
} catch (err) {
  console.error((err as Error).message)
  process.exitCode = 1
}
