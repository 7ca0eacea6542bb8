/**
 * The Archipel peer as a library: run a provider in your own process, or a whole devnet beside your tests.
 *
 * @example
 * const devnet = createDevnet({ dir: '/tmp/devnet' })
 * const { descriptor } = await devnet.up()
 */
export * from './devnet/index.ts'
export type { ExecutionJob, ExecutionLimits, ExecutionResult, Executor, RunOptions } from './executor/index.ts'
export { createExecutionError, createOciExecutor, createWasmExecutor, type OciExecutorInit } from './executor/index.ts'
export type { Logger } from './log.ts'
export { createProviderNode, type ProviderNode, type ProviderNodeInit } from './node.ts'
export type { ProviderConfig, ProviderStatus, RedeemPolicy, SentStatus } from './provider.ts'
export { openWallet } from './wallet/wallet.ts'
