import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createBonds, createChain, createCourt } from './chain/index.ts'
import type { Client } from './client.ts'
import { createFsBlockStore } from './content/block-store-node.ts'
import { createClient } from './create-client.ts'
import { installKeccak } from './crypto/keccak-node.ts'
import { createNativeSigner, recoverNative } from './crypto/signer-node.ts'
import type { DisputeNews } from './dispute/runner.ts'
import type { DisputeSettings } from './dispute/settings.ts'
import type { FaultRecord } from './faults/fault.ts'
import type { ReportRules } from './faults/judge.ts'
import { createNetwork, type Network } from './net/index.ts'
import { nodeTransports } from './net/node-defaults.ts'
import { openPeerDatastore } from './net/peer-datastore-node.ts'
import type { NetworkDescriptor } from './network-descriptor.ts'
import type { ChannelPolicy } from './payment/channel-policy.ts'
import type { Reconciled } from './payment/reconciler.ts'
import type { SpendingLimits } from './payment/spending/limits.ts'
import { createStore, type Store } from './store/index.ts'

export * from './content/block-store-node.ts'
export * from './content/directory-node.ts'
export * from './content/write-node.ts'
export * from './crypto/keccak-node.ts'
export * from './crypto/signer-node.ts'
export * from './net/node-defaults.ts'
export * from './net/peer-datastore-node.ts'

export interface NodeClientInit {
  descriptor: NetworkDescriptor
  /** The buyer's key, 32 bytes: signs demands, vouchers and transactions, and is the PeerId. */
  privateKey: Uint8Array
  /** Where jobs, vouchers and blocks are kept. Losing it loses track of channels, so keep it. */
  dataDir: string
  /** `dataDir`/store when it is open already; closed with the client. */
  store?: Store | undefined
  channelPolicy?: Partial<ChannelPolicy>
  /** What may be promised. Default: no limit but each job's own. */
  limits?: SpendingLimits | undefined
  /** How far the client goes to court by itself, where the network has one. */
  disputes?: DisputeSettings | undefined
  lostAfterMs?: number | undefined
  onWarning?: (warning: { provider: `0x${string}` | undefined; error: unknown }) => void
  /** Told of channels that the client found or closed by itself. */
  onReconciled?: ((done: Reconciled) => void) | undefined
  /** Told of what happens to cases in court, and what the client does about them. */
  onDispute?: ((news: DisputeNews) => void) | undefined
  /** What is done about providers that contradict themselves. Default: what brings more than it costs. */
  reports?: ReportRules | undefined
  /** Told of each fault that was found, and of what comes of it. */
  onFault?: ((fault: FaultRecord) => void) | undefined
}

/** A client with Node's own parts: TCP, native signatures, blocks and records on disk. Not started yet. */
export async function createNodeClient({ descriptor, privateKey, dataDir, ...init }: NodeClientInit): Promise<Client> {
  await Promise.all([mkdir(dataDir, { recursive: true, mode: 0o700 }), installKeccak()])
  const store = init.store ?? (await createStore({ location: join(dataDir, 'store') }))
  const peers = await openPeerDatastore(join(dataDir, 'peers'))
  try {
    const [blocks, network] = await Promise.all([
      createFsBlockStore({ directory: join(dataDir, 'blocks') }),
      createNetwork({
        network: descriptor.name,
        offerShards: descriptor.offerShards,
        privateKey,
        transports: nodeTransports(),
        bootstrap: descriptor.bootstrap,
        allowPrivateAddresses: descriptor.allowPrivateAddresses,
        datastore: peers.datastore
      })
    ])
    const signer = createNativeSigner(privateKey)
    const chain = createChain({ ...descriptor, signer })
    const { court, bonds } = descriptor
    const justice =
      court === undefined || bonds === undefined
        ? undefined
        : {
            court: createCourt({ ...descriptor, court, bonds, signer }),
            bonds: createBonds({ ...descriptor, bonds, signer })
          }
    const remembering: Network = {
      ...network,
      async stop() {
        await network.stop()
        await peers.close()
      }
    }
    const parts = { signer, recover: recoverNative, network: remembering, chain, blocks, justice }
    return createClient({ descriptor, ...parts, ...init, store })
  } catch (err) {
    await Promise.all([store.close(), peers.close()])
    throw err
  }
}
