import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { NetworkDescriptor } from '@archipel/client'
import { CodedError } from '@archipel/protocol'
import { writeDescriptor } from '../config/descriptor.ts'
import { nodeFiles } from '../config/folders.ts'
import { writeNodeConfig } from '../config/node-config.ts'
import { askStatus } from '../control/control-client.ts'
import { isAlive, type ProcessIdentity } from '../control/process-identity.ts'
import type { Operator } from './bonds.ts'
import { poll, startDaemon, startFailed } from './daemon.ts'
import { createDevnetKey } from './keys.ts'
import { NODE_START_TIMEOUT_MS } from './limits.ts'
import { nodeFileOf, type ProviderPlan } from './plan.ts'
import type { DevnetFolder, ProviderState } from './state.ts'

const LISTEN = ['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws']
const COMMAND = fileURLToPath(new URL('../../bin/archipel.js', import.meta.url))

/** What a provider of ours says about itself that we wait for. */
export interface ProviderReport {
  readonly multiaddrs: readonly string[]
  readonly peers: number
  readonly offersKnown: number
}

/** Makes a provider's folder: keys of its node and of its operator, configuration. */
export async function prepareProvider(
  folder: DevnetFolder,
  plan: ProviderPlan
): Promise<{ readonly state: ProviderState; readonly keys: Operator }> {
  const own = folder.provider(plan.name)
  const [node, owner] = await Promise.all([
    createDevnetKey(own.keystore, 'node'),
    createDevnetKey(own.keystore, 'owner')
  ])
  await writeNodeConfig(nodeFiles(own).config, nodeFileOf(plan, { owner: owner.address, listen: LISTEN }))
  const state = { plan, address: node.address, owner: owner.address, process: undefined }
  return { state, keys: { node, owner } }
}

/** Starts `archipel node start` for a provider as an operator would, in a process of its own. */
export async function startProvider(
  folder: DevnetFolder,
  { plan }: ProviderState,
  descriptor: NetworkDescriptor
): Promise<ProcessIdentity> {
  const own = folder.provider(plan.name)
  await writeDescriptor(own.descriptor, descriptor)
  return startDaemon({
    command: process.execPath,
    args: [plan.entry ?? COMMAND, 'node', 'start'],
    cwd: own.root,
    env: environmentOf(own.root, descriptor, plan),
    log: logOf(folder, plan)
  })
}

/** Waits until a provider answers. @throws CodedError E_START_FAILED with the end of its log */
export function untilReady(
  folder: DevnetFolder,
  plan: ProviderPlan,
  process: ProcessIdentity,
  signal: AbortSignal | undefined
): Promise<ProviderReport> {
  const fail = () => startFailed(`provider ${plan.name}`, logOf(folder, plan))
  return poll(
    () => {
      if (!isAlive(process)) throw fail()
      return reportOf(folder, plan, signal)
    },
    { timeoutMs: NODE_START_TIMEOUT_MS, signal, onTimeout: fail }
  )
}

/** undefined when the provider does not answer. */
export async function reportOf(
  folder: DevnetFolder,
  { name }: ProviderPlan,
  signal: AbortSignal | undefined
): Promise<ProviderReport | undefined> {
  try {
    const { control } = nodeFiles(folder.provider(name))
    return (await askStatus(control, signal === undefined ? {} : { signal })) as ProviderReport
  } catch (err) {
    if (err instanceof CodedError) return undefined
    throw err
  }
}

export function logOf(folder: DevnetFolder, { name }: ProviderPlan): string {
  return join(folder.logs, `${name}.log`)
}

/** Only what a program needs to run, so that nothing of the caller's configuration reaches a provider. */
function environmentOf(
  root: string,
  descriptor: NetworkDescriptor,
  plan: ProviderPlan
): Record<string, string | undefined> {
  const { PATH, HOME, LANG, TZ, TMPDIR, XDG_CACHE_HOME, NODE_COMPILE_CACHE } = process.env
  return {
    ...{ PATH, HOME, LANG, TZ, TMPDIR, XDG_CACHE_HOME, NODE_COMPILE_CACHE },
    XDG_CONFIG_HOME: join(root, 'config'),
    ARCHIPEL_NETWORK: descriptor.name,
    ARCHIPEL_DATA_DIR: root,
    ARCHIPEL_RPC_URLS: descriptor.rpcUrls.join(','),
    ...plan.env
  }
}
