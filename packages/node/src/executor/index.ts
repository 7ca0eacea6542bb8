/** Runs strangers' programs, confined. `createWasmExecutor` gives the back end for WASI programs. */
export { createExecutionError, type ExecutionErrorCode, type ExecutionFault, isExecutionErrorCode } from './errors.ts'
export type {
  ExecutionJob,
  ExecutionLimits,
  ExecutionProgram,
  ExecutionResult,
  ExecutionUsage,
  Executor,
  InputFile,
  OutputFile,
  RunOptions
} from './executor.ts'
export { createOciExecutor, type OciExecutorInit } from './oci/oci-executor.ts'
export { createWasmExecutor, type WasmExecutorInit } from './wasm/wasm-executor.ts'
