import { createRequire } from 'node:module'
import { useKeccak } from '@archipel/protocol'
import type * as HashWasm from 'hash-wasm'

let installing: Promise<void> | undefined

/**
 * Has this process hash by WebAssembly: 0.6 µs for what plain JavaScript takes 4 for. Checking an offer takes some twenty
 * hashes. Once for the whole process; where it fails, hashing goes on as before.
 */
export function installKeccak(): Promise<void> {
  installing ??= install().catch(() => {})
  return installing
}

async function install(): Promise<void> {
  // The file of this one algorithm: the whole package is twenty times as large.
  const { createKeccak } = createRequire(import.meta.url)('hash-wasm/dist/keccak.umd.min.js') as typeof HashWasm
  const hasher = await createKeccak(256)
  useKeccak(bytes => hasher.init().update(bytes).digest('binary'))
}
