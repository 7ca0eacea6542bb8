import type { ExecutionJob } from '../../executor.ts'

/**
 * `(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
 *   (memory (export "memory") 1) (func (export "_start")))`
 */
const PROGRAM = Buffer.from(
  'AGFzbQEAAAABDAJgBH9/f38Bf2AAAAIjARZ3YXNpX3NuYXBzaG90X3ByZXZpZXcxCGZkX3dyaXRlAAADAgEBBQMBAAEHEwIGbWVtb3J5AgAGX3N0YXJ0AAEKBAECAAs=',
  'base64'
)

/**
 * The first job of a process takes several times as long as the second: the engine translates what it meets for the first
 * time. A spare process meets it with this one, which is nobody's and shows it nothing, before it has a tenant.
 */
export const WARM_UP: ExecutionJob = {
  tenant: 'nobody',
  // No content has this name.
  program: { cid: 'warm-up', load: async () => PROGRAM },
  args: ['warm-up'],
  env: [],
  files: [],
  limits: { wallMs: 10_000, memoryBytes: 65_536, diskBytes: 0, outputBytes: 0 }
}
