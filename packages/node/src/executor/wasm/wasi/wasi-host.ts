import { createClockCalls } from './calls/clock.ts'
import { createDescriptorCalls } from './calls/descriptor.ts'
import { createIoCalls } from './calls/io.ts'
import { createPathCalls } from './calls/path.ts'
import { createProcessCalls } from './calls/process.ts'
import { createStringCalls } from './calls/strings.ts'
import { createVirtualClock } from './clock.ts'
import type { StreamSink, WasiContext } from './context.ts'
import { createDescriptorTable } from './descriptors.ts'
import { harvestTree, plantTree, type TreeFile } from './fs/directory-trees.ts'
import { createFileSystem } from './fs/file-system.ts'
import { locate } from './fs/path.ts'
import { createDiskQuota } from './fs/quota.ts'
import { FUEL, type FuelTank } from './fuel.ts'
import { createGuestMemory } from './guest-memory.ts'
import { guardHostCalls, type HostCall } from './host-call.ts'
import { INODES_MAX } from './limits.ts'
import { createSeededRandom } from './random.ts'
import { createStdin } from './stdin.ts'
import { compareText, encodeText } from './text.ts'

/** The one module that a program may import from. */
export const WASI_MODULE = 'wasi_snapshot_preview1'
/** The directory, below the root, whose files are the output. */
export const OUTPUT_DIRECTORY = 'output'

export interface WasiHostInit {
  args: readonly string[]
  /** "NAME=value"; sorted before the program sees them. */
  env: readonly string[]
  /** What the program reads from its standard input; left out, that is empty. */
  stdin?: Uint8Array
  /** Input files; their bytes become the host's own. */
  files: readonly TreeFile[]
  /** Bound on input and everything written, holes included. */
  diskBytesMax: number
  seed: string
  write: StreamSink
  /** What host calls take their fuel from; left out where fuel is not counted. */
  fuel?: FuelTank | undefined
}

/** The world of one program: clock, randomness, strings, files. Nothing in it comes from the machine. */
export interface WasiHost {
  readonly imports: WebAssembly.Imports
  attach(memory: WebAssembly.Memory): void
  /** Current size of the program's memory. */
  memoryBytes(): number
  /** Size of all files now. */
  diskBytes(): number
  /** What lies in the output directory now, sorted by path. */
  outputFiles(): TreeFile[]
}

/** Throws ProgramFault for an input that is refused or too large. */
export function createWasiHost(init: WasiHostInit): WasiHost {
  const { fuel } = init
  const clock = createVirtualClock(fuel?.used)
  const spend = fuel?.spend ?? (() => {})
  const quota = createDiskQuota(init.diskBytesMax, INODES_MAX)
  const fs = createFileSystem(quota, clock.realtimeNs)
  plantTree(fs, init.files, OUTPUT_DIRECTORY)
  fs.createDirectory(locate(fs.root, OUTPUT_DIRECTORY))
  const memory = createGuestMemory()
  const context: WasiContext = {
    memory,
    fs,
    descriptors: createDescriptorTable(fs),
    clock,
    random: createSeededRandom(init.seed),
    stdin: createStdin(init.stdin),
    write: init.write,
    spend,
    args: init.args.map(toCString),
    env: [...init.env].sort(compareText).map(toCString)
  }
  function beforeCall(): void {
    clock.tick()
    spend(FUEL.call)
  }
  return {
    imports: { [WASI_MODULE]: guardHostCalls(createHostCalls(context), beforeCall) },
    attach: memory.attach,
    memoryBytes: memory.sizeBytes,
    diskBytes: quota.usedBytes,
    outputFiles: () => {
      const output = fs.root.entries.get(OUTPUT_DIRECTORY)
      return output?.kind === 'directory' ? harvestTree(fs, output) : []
    }
  }
}

/** All of preview 1, by name. */
export function createHostCalls(context: WasiContext): Record<string, HostCall> {
  return {
    ...createStringCalls(context),
    ...createClockCalls(context),
    ...createDescriptorCalls(context),
    ...createIoCalls(context),
    ...createPathCalls(context),
    ...createProcessCalls(context)
  }
}

function toCString(text: string): Uint8Array {
  return encodeText(`${text}\0`)
}
