import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, CodedError } from '@archipel/protocol'
import { type NetworkFolder, networkFolder } from '../config/folders.ts'
import { isProcessIdentity, type ProcessIdentity } from '../control/process-identity.ts'
import type { ProviderPlan } from './plan.ts'

/** What a devnet has started, as recorded in its folder: enough for another process to find and end all of it. */
export interface DevnetState {
  readonly version: 1
  readonly chain: { readonly process: ProcessIdentity; readonly rpcUrl: string } | undefined
  readonly buyer: Address | undefined
  readonly providers: readonly ProviderState[]
}

export interface ProviderState {
  readonly plan: ProviderPlan
  readonly address: Address
  readonly owner: Address
  readonly process: ProcessIdentity | undefined
}

/** Everything of a devnet lies below one folder, which is also the network's folder for its buyer. */
export interface DevnetFolder extends NetworkFolder {
  readonly state: string
  readonly lock: string
  readonly chain: string
  readonly providers: string
  readonly logs: string
  /** The folder of one provider, a network folder of its own. */
  provider(name: string): NetworkFolder
}

export const EMPTY_STATE: DevnetState = { version: 1, chain: undefined, buyer: undefined, providers: [] }

export function devnetFolder(root: string): DevnetFolder {
  const providers = join(root, 'providers')
  return {
    ...networkFolder(root),
    state: join(root, 'devnet.json'),
    lock: join(root, 'devnet.lock'),
    chain: join(root, 'chain'),
    providers,
    logs: join(root, 'logs'),
    provider: name => networkFolder(join(providers, name))
  }
}

/**
 * Written at once and synchronously, right after a process was started: the less time between the two, the smaller the
 * chance that a crash leaves a process nobody knows of.
 */
export function writeState({ root, state }: DevnetFolder, value: DevnetState): void {
  mkdirSync(root, { recursive: true, mode: 0o700 })
  writeFileSync(`${state}.draft`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${state}.draft`, state)
}

/** undefined when there never was a devnet here. @throws CodedError E_DEVNET_STATE_INVALID */
export function readState({ state }: DevnetFolder): DevnetState | undefined {
  let text: string
  try {
    text = readFileSync(state, 'utf8')
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw err
  }
  try {
    const value = JSON.parse(text) as DevnetState
    if (value.version !== 1 || !Array.isArray(value.providers)) throw new TypeError('not a devnet of this version')
    const identities = [value.chain?.process, ...value.providers.map(({ process }) => process)]
    // A signal is sent to what these name.
    if (identities.some(one => one !== undefined && !isProcessIdentity(one))) throw new TypeError('bad process')
    return { ...EMPTY_STATE, ...value }
  } catch (cause) {
    throw new CodedError('E_DEVNET_STATE_INVALID', `${state} cannot be read`, {
      facts: { file: state },
      hint: 'end its processes by hand if any are left, then delete the folder',
      cause
    })
  }
}
