import { type Address, type Equivocation, proveKeyPossession, type Signer, type UnixSec } from '@archipel/protocol'
import { onTestFinished } from 'vitest'
import { createChain } from '../../src/chain/index.ts'
import { recoverNative } from '../../src/crypto/signer-node.ts'
import { createNetworkFaults } from '../../src/faults/create-faults.ts'
import type { FaultRecord } from '../../src/faults/fault.ts'
import type { Faults } from '../../src/faults/faults.ts'
import type { ReportRules } from '../../src/faults/judge.ts'
import type { NetworkDescriptor } from '../../src/network-descriptor.ts'
import { createStore, type Store } from '../../src/store/index.ts'
import { type BondsMarket, startBondsMarket } from '../chain/bonds/bonds-fixture.ts'

/** A chain with bonds, on which olga answers for the node `node` with as much as the test wants. */
export interface FaultsWorld extends BondsMarket {
  readonly descriptor: NetworkDescriptor
  /** Somebody who keeps evidence: with the same store, the same one after a restart. */
  watcher(init: WatcherInit): Promise<Watcher>
  register(): Promise<void>
}

export interface WatcherInit {
  signer: Signer
  store?: Store
  rules?: ReportRules
  withBonds?: boolean
  intervalMs?: number
  jitterMs?: number
}

export interface Watcher extends Faults {
  readonly store: Store
  /** Every change that it was told of. */
  readonly told: FaultRecord[]
  readonly errors: unknown[]
  readonly ownKey: Equivocation[]
  readonly clock: { nowSec: UnixSec }
  /** The only fault on record. */
  sole(): Promise<FaultRecord>
}

export async function startFaultsWorld(): Promise<FaultsWorld> {
  const market = await startBondsMarket()
  const { anvil, olga, node, bondsDomain, domain } = market
  const descriptor: NetworkDescriptor = {
    name: 'test',
    chainId: anvil.chainId,
    rpcUrls: [anvil.url],
    escrow: domain.verifyingContract as Address,
    bonds: olga.bonds,
    token: olga.token,
    deployedAt: 0,
    bootstrap: [],
    allowPrivateAddresses: true
  }
  return {
    ...market,
    descriptor,
    async register() {
      await olga.registerKey(proveKeyPossession(node, olga.address!, bondsDomain))
    },
    async watcher({ signer, rules = {}, withBonds = true, intervalMs, jitterMs, ...init }) {
      const store = init.store ?? (await createStore({ memory: true }))
      const [told, errors, ownKey, clock]: [FaultRecord[], unknown[], Equivocation[], { nowSec: UnixSec }] = [
        [],
        [],
        [],
        { nowSec: 1_800_000_000 }
      ]
      const { bonds: _, ...bondless } = descriptor
      const faults = createNetworkFaults({
        descriptor: withBonds ? descriptor : bondless,
        store,
        table: store.table('faults'),
        signer,
        chain: createChain({ ...descriptor, signer }),
        signing: { domain, recover: recoverNative, nowSec: () => clock.nowSec },
        rules,
        intervalMs,
        jitterMs,
        onChange: fault => told.push(fault),
        onOwnKey: ({ proof }) => ownKey.push(proof),
        onError: err => errors.push(err)
      })
      onTestFinished(() => faults.stop())
      return {
        ...faults,
        store,
        told,
        errors,
        ownKey,
        clock,
        async sole() {
          const all = await faults.all()
          if (all.length !== 1) throw new Error(`${all.length} faults are on record, not one`)
          return all[0]!
        }
      }
    }
  }
}
