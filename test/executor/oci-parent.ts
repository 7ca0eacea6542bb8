/** A process that runs an endless container and says so. Arguments: the engine's socket, the owner, an archive of an image. */
import { readFile } from 'node:fs/promises'
import { createOciExecutor } from 'archipel'
import { createOciPrograms } from './oci-programs.ts'

const [socketPath, owner, archive] = process.argv.slice(2) as [string, string, string]
const executor = createOciExecutor({ socketPath, owner, runtime: 'runc' })
await executor.start()
const job = {
  tenant: 'alice',
  ...createOciPrograms(await readFile(archive)).printAndLoop(),
  env: [],
  files: [{ path: 'a', bytes: new Uint8Array(10) }],
  limits: { wallMs: 600_000, memoryBytes: 2 ** 25, diskBytes: 2 ** 20, outputBytes: 2 ** 20 }
}
await executor.run(job, { signal: new AbortController().signal, onOutput: () => process.stdout.write('looping\n') })
