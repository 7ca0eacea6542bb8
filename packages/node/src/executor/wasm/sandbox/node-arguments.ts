import { join } from 'node:path'
import { HEAP_MIB_MAX } from '../limits.ts'
import { ENTRY } from './modules.ts'

export interface NodeArgumentsInit {
  /** Where the process finds the runner's modules; it may read nothing else. */
  modules: string
  /** Bound on the memory of any program, in WebAssembly pages. */
  pagesMax: number
  /** Stack that the engine may use; undefined for its own choice. */
  stackKiB: number | undefined
}

/** Command line of the runner, after `node`. */
export function nodeArguments({ modules, pagesMax, stackKiB }: NodeArgumentsInit): string[] {
  return [
    permissionFlag(),
    `--allow-fs-read=${join(modules, '*')}`,
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
    '--no-addons',
    '--no-warnings',
    '--expose-gc',
    `--max-old-space-size=${HEAP_MIB_MAX}`,
    // Small jobs leave short-lived garbage; room for more of it costs memory and gains no time.
    '--max-semi-space-size=2',
    `--wasm-max-mem-pages=${pagesMax}`,
    ...(stackKiB === undefined ? [] : [`--stack-size=${stackKiB}`]),
    join(modules, ENTRY)
  ]
}

/** Node before 22.13 knows the permission model under its first name only. */
function permissionFlag(): string {
  return process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
}
