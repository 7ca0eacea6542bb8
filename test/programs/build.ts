import { buildProgram } from './compile.ts'
import { C_PROGRAMS } from './programs.ts'

// Fetches and builds the programs that the tests run, one after the other: each takes two processors.
for (const program of C_PROGRAMS) {
  const startMs = performance.now()
  const { wasm } = await buildProgram(program)
  console.log(`${program.name}: ${wasm} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`)
}
