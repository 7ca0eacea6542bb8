import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { NetworkDescriptor } from '@archipel/client'
import { type Address, CodedError } from '@archipel/protocol'
import { readDescriptor } from '../config/descriptor.ts'
import { nodeFiles } from '../config/folders.ts'
import { ensurePrivateFolder } from '../config/private-file.ts'
import { acquireLock, lockHolder } from '../control/lock.ts'
import { isAlive, type ProcessIdentity } from '../control/process-identity.ts'
import { killDaemons, stopDaemons } from './daemon.ts'
import { DEFAULT_FUNDS, type Funds } from './funds.ts'
import { STOP_TIMEOUT_MS } from './limits.ts'
import { DEFAULT_PROVIDERS, type ProviderPlan } from './plan.ts'
import { createStarter, type DevnetProgress } from './starter.ts'
import {
  type DevnetFolder,
  type DevnetState,
  devnetFolder,
  EMPTY_STATE,
  type ProviderState,
  readState,
  writeState
} from './state.ts'

export interface DevnetInit {
  /** Everything the devnet writes goes here; also the network's folder for the buyer. */
  dir: string
  /** Default {@link DEFAULT_PROVIDERS}. The first of each of the first two regions are everybody's first contacts. */
  providers?: readonly ProviderPlan[]
  /** Part of every protocol id. Default `devnet`. */
  name?: string
  funds?: Partial<Funds>
  onProgress?: (progress: DevnetProgress) => void
}

export interface CallOptions {
  signal?: AbortSignal
}

export interface DevnetStatus {
  readonly dir: string
  readonly isUp: boolean
  readonly rpcUrl: string | undefined
  readonly buyer: Address | undefined
  readonly providers: readonly DevnetProvider[]
}

export interface DevnetProvider {
  readonly name: string
  readonly region: string
  readonly address: Address
  readonly owner: Address
  readonly plan: ProviderPlan
  /** undefined when its process is not alive. */
  readonly pid: number | undefined
}

export interface DevnetUp extends DevnetStatus {
  readonly descriptor: NetworkDescriptor
  /** Names of the providers that this call started: all, those that had died, or none. */
  readonly started: readonly string[]
}

/** A whole network on this machine: a chain, its contracts, providers as processes of their own, a funded buyer. */
export interface Devnet {
  /**
   * Starts it, or what is missing of it, and returns once every first contact knows every provider's offer. A running one
   * is left as it is. A fresh start that fails leaves nothing running.
   *
   * @throws CodedError E_START_FAILED, E_NO_ANVIL, E_DEVNET_EXISTS, E_LOCKED
   */
  up(options?: CallOptions): Promise<DevnetUp>
  /** Ends all of its processes, also those of a start that was cut short. Fine when nothing runs. */
  down(): Promise<void>
  /**
   * Ends the processes of all providers of a region at once, as a power cut would.
   *
   * @returns their names
   * @throws CodedError E_NO_DEVNET, E_NO_SUCH_REGION
   */
  killRegion(region: string): Promise<string[]>
  status(): DevnetStatus
}

export function createDevnet(init: DevnetInit): Devnet {
  const folder = devnetFolder(init.dir)
  const plans = init.providers ?? DEFAULT_PROVIDERS
  const funds = { ...DEFAULT_FUNDS, ...init.funds }
  const { name = 'devnet', onProgress = () => {} } = init

  async function locked<T>(work: () => Promise<T>): Promise<T> {
    const lock = await acquireLock(folder.lock, `the devnet in ${folder.root}`)
    try {
      return await work()
    } finally {
      await lock.release()
    }
  }

  async function start(signal: AbortSignal | undefined): Promise<DevnetUp> {
    const before = readState(folder)
    const starter = createStarter({ folder, plans, name, funds, onProgress, signal })
    if (before !== undefined && isRunning(before.chain?.process) && existsSync(folder.descriptor)) {
      const missing = await starter.startMissing(before, await readDescriptor(folder.descriptor, name))
      return { ...statusOf(folder), ...missing }
    }
    await clear(folder, before)
    try {
      const descriptor = await starter.startFresh()
      return { ...statusOf(folder), descriptor, started: plans.map(plan => plan.name) }
    } catch (err) {
      await stopAll(folder)
      throw err
    }
  }

  return {
    up: ({ signal } = {}) => locked(() => start(signal)),
    down: async () => {
      if (readState(folder) === undefined) return
      await locked(() => stopAll(folder))
    },
    async killRegion(region) {
      const state = readState(folder)
      if (state === undefined || !isRunning(state.chain?.process)) throw noDevnet(folder)
      const regions = [...new Set(state.providers.map(({ plan }) => plan.domains.region))]
      if (!regions.includes(region)) {
        throw new CodedError('E_NO_SUCH_REGION', `the devnet has no region ${region}`, {
          facts: { region, regions },
          hint: `one of: ${regions.join(', ')}`
        })
      }
      const hit = state.providers.filter(({ plan, process }) => plan.domains.region === region && isRunning(process))
      await killDaemons(hit.flatMap(({ process }) => process ?? []))
      return hit.map(({ plan }) => plan.name)
    },
    status: () => statusOf(folder)
  }
}

function statusOf(folder: DevnetFolder): DevnetStatus {
  const { chain, buyer, providers } = readState(folder) ?? EMPTY_STATE
  const isUp = isRunning(chain?.process)
  return {
    dir: folder.root,
    isUp,
    rpcUrl: isUp ? chain?.rpcUrl : undefined,
    buyer,
    providers: providers.map(({ plan, address, owner, process }) => ({
      name: plan.name,
      region: plan.domains.region,
      address,
      owner,
      plan,
      pid: isRunning(process) ? process?.pid : undefined
    }))
  }
}

/** Providers first, so that they can still redeem; the chain last. The network is gone with its chain. */
async function stopAll(folder: DevnetFolder): Promise<void> {
  const state = readState(folder) ?? EMPTY_STATE
  const providers = await Promise.all(state.providers.map(provider => providerProcess(folder, provider)))
  await stopDaemons(
    providers.flatMap(process => process ?? []),
    STOP_TIMEOUT_MS
  )
  if (state.chain !== undefined) await stopDaemons([state.chain.process], STOP_TIMEOUT_MS)
  await rm(folder.descriptor, { force: true })
  writeState(folder, { ...EMPTY_STATE, buyer: state.buyer })
}

/** A start that was killed between starting a process and noting it down is found by the node's own lock. */
async function providerProcess(
  folder: DevnetFolder,
  { plan, process }: ProviderState
): Promise<ProcessIdentity | undefined> {
  if (isRunning(process)) return process
  return lockHolder(nodeFiles(folder.provider(plan.name)).lock)
}

/**
 * Makes room for a fresh chain: what an earlier one left means nothing on it, and channels of the same parties would even
 * have the same ids. Keys and logs stay. A folder that is not a devnet's is never touched.
 */
async function clear(folder: DevnetFolder, before: DevnetState | undefined): Promise<void> {
  const foreign = [folder.descriptor, folder.buyer, folder.node].filter(path => existsSync(path))
  if (before === undefined && foreign.length > 0) {
    throw new CodedError('E_DEVNET_EXISTS', `${folder.root} belongs to another network: it holds ${foreign[0]}`, {
      facts: { dir: folder.root, foreign },
      hint: 'start the devnet in another --data-dir'
    })
  }
  await stopAll(folder)
  for (const path of [folder.chain, folder.providers, folder.buyer]) await rm(path, { recursive: true, force: true })
  await ensurePrivateFolder(folder.root)
}

function isRunning(process: ProcessIdentity | undefined): boolean {
  return process !== undefined && isAlive(process)
}

function noDevnet({ root }: DevnetFolder): CodedError {
  return new CodedError('E_NO_DEVNET', `no devnet is running in ${root}`, {
    facts: { dir: root },
    hint: 'archipel devnet up starts one'
  })
}
