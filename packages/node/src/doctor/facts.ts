import type { Layer } from '../executor/wasm/sandbox/candidates.ts'
import type { Controller } from '../executor/wasm/sandbox/cgroup/places.ts'

/** What is true of this machine, as far as running programs on it goes. */
export interface Facts {
  readonly machine: MachineFacts
  readonly sandbox: SandboxFacts
}

export interface MachineFacts {
  readonly nodeVersion: string
  readonly platform: string
  readonly architecture: string
  readonly kernel: string
  readonly isRoot: boolean
  readonly disk: { readonly folder: string; readonly freeBytes: number }
  readonly clock: { readonly nowMs: number; readonly installedMs: number }
}

export interface SandboxFacts {
  /** What a real start and a real program came to. */
  readonly wasm: { readonly startMs: number; readonly runMs: number } | { readonly failure: string }
  readonly isolation: readonly Layer[]
  /** Whether commands are installed. */
  readonly hasBubblewrap: boolean
  readonly hasSetpriv: boolean
  /** What bubblewrap says when it is started alone; undefined where it works. */
  readonly bubblewrapTrouble: string | undefined
  /** Settings of the system that forbid user namespaces. */
  readonly restrictions: readonly string[]
  readonly hasFilter: boolean
  readonly groups:
    | { readonly version: 1 | 2; readonly controllers: readonly Controller[] }
    | { readonly reason: string }
}
