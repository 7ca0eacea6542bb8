import type { VirtualClock } from './clock.ts'
import type { DescriptorTable } from './descriptors.ts'
import type { FileSystem } from './fs/file-system.ts'
import type { GuestMemory } from './guest-memory.ts'
import type { RandomSource } from './random.ts'
import type { Stdin } from './stdin.ts'

/** Takes what the program writes to a standard stream; must copy it. Throws ProgramFault at the limit. */
export type StreamSink = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => void

/** Everything the host calls of one job work on. */
export interface WasiContext {
  readonly memory: GuestMemory
  readonly fs: FileSystem
  readonly descriptors: DescriptorTable
  readonly clock: VirtualClock
  readonly random: RandomSource
  readonly stdin: Stdin
  readonly write: StreamSink
  /** Takes fuel for what a call does beside being one; see FUEL. Throws ProgramFault where too little is left. */
  readonly spend: (fuel: number) => void
  /** Strings as C sees them: UTF-8 with a closing zero. */
  readonly args: readonly Uint8Array[]
  readonly env: readonly Uint8Array[]
}
