/** Most compiled programs kept by one process. */
const MODULES_MAX = 16
/** Bound on the sizes of the programs kept, as WebAssembly; machine code takes a few times as much. */
const SOURCE_BYTES_MAX = 128 * 1024 * 1024

interface Entry {
  module: WebAssembly.Module
  sourceBytes: number
}

/** Compiled programs by key; the one not used for longest makes room. The newest always stays. */
export interface ModuleCache {
  get(key: string): WebAssembly.Module | undefined
  set(key: string, module: WebAssembly.Module, sourceBytes: number): void
}

export function createModuleCache(modulesMax = MODULES_MAX, sourceBytesMax = SOURCE_BYTES_MAX): ModuleCache {
  const entries = new Map<string, Entry>()
  let total = 0

  function remove(key: string): void {
    total -= entries.get(key)?.sourceBytes ?? 0
    entries.delete(key)
  }

  return {
    get: key => {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.module
    },
    set: (key, module, sourceBytes) => {
      remove(key)
      entries.set(key, { module, sourceBytes })
      total += sourceBytes
      for (const oldest of entries.keys()) {
        if (oldest === key || (entries.size <= modulesMax && total <= sourceBytesMax)) break
        remove(oldest)
      }
    }
  }
}
