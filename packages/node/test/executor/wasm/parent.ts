/** A process that runs an endless program and says so; see life-cycle.spec.ts. Its argument lists layers to avoid. */
import { createWasmExecutor } from '../../../src/executor/index.ts'
import { jobOf, never } from '../jobs.ts'
import { printAndLoop } from '../programs.ts'

const executor = createWasmExecutor({ avoid: JSON.parse(process.argv[2]!) as string[] })
await executor.start()
const job = jobOf({ program: printAndLoop, limits: { wallMs: 600_000 } })
await executor.run(job, { signal: never, onOutput: () => process.stdout.write('looping\n') })
