import type {
  ExecutionErrorCode,
  ExecutionJob,
  ExecutionResult,
  Executor
} from '../../packages/node/src/executor/index.ts'
import type { Aim } from './corpus.ts'

/** A program with an aim, and what must become of it. */
export interface HostileProgram {
  /** Without a tenant: that of all hostile programs is one. */
  readonly job: Omit<ExecutionJob, 'tenant'>
  /** What stops it, in the words of the table. */
  readonly stoppedBy: string
  /** How its job ends: with one of these coded reasons, or by itself with a result that shows that it got nothing. */
  readonly ends: readonly ExecutionErrorCode[] | ((result: ExecutionResult) => void)
  /** It must have ended by then, its own wall time included. */
  readonly withinMs: number
}

/** An executor and its programs. Another kind of executor adds one of these and goes through the same tests. */
export interface HostileExecutor {
  /** As offers and the table call it. */
  readonly runtime: string
  /** Whether this machine can run it. */
  readonly isHere: boolean
  /** Starts what the executor needs beside itself. */
  open(): Promise<void>
  close(): Promise<void>
  /** A new one, not started. Only while it is open. */
  create(): Executor
  /** What jobs left on this machine, in words. */
  leftovers(): Promise<string[]>
  /** A job of an honest neighbour, that does next to nothing. */
  readonly neighbour: Omit<ExecutionJob, 'tenant'>
  readonly programs: Readonly<Record<Aim, HostileProgram>>
}
