import { type Address, wholeCores } from '@archipel/protocol'
import type { ProviderConfig } from '../provider.ts'
import { createOciExecutor, createWasmExecutor, type Executor } from './index.ts'

interface ExecutorsInit {
  config: ProviderConfig
  /** Another back end than the confined wasm one. */
  executor?: Executor | undefined
}

/** WebAssembly always; containers where the operator has an engine for them, in which ours go by the node's address. */
export function createExecutors({ config, executor }: ExecutorsInit, address: Address): Executor[] {
  const wasm = executor ?? createWasmExecutor({ processesMax: processesFor(config) })
  const { containers } = config
  if (containers === undefined) return [wasm]
  const { socket, runtime, registries = [] } = containers
  const place = socket === undefined ? {} : { socketPath: socket }
  const { memoryBytes } = config.resources
  const owner = address.toLowerCase()
  return [wasm, createOciExecutor({ ...place, owner, runtime, registries, memoryBytesMax: memoryBytes })]
}

/** Those of WebAssembly go by their own names, as they did when there was nothing else. */
export function isolationOf(executors: readonly Executor[]): string[] {
  return executors.flatMap(({ runtime, isolation }) =>
    isolation.map(layer => (runtime === 'wasm' ? layer : `${runtime}:${layer}`))
  )
}

/** A process for each core that is sold, and some: each serves one buyer, and idle ones are kept for a while. */
const PROCESSES_MIN = 8
const processesFor = ({ resources }: ProviderConfig) => Math.max(PROCESSES_MIN, wholeCores(resources.cpuMillis) / 1000)
