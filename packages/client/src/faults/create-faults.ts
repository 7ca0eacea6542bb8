import type { Address, Recover, SigningDomain, UnixSec } from '@archipel/protocol'
import { type Chain, createBonds, type TransactionSigner } from '../chain/index.ts'
import type { NetworkDescriptor } from '../network-descriptor.ts'
import type { Store, Table } from '../store/index.ts'
import { createFaultBooks } from './books.ts'
import type { FaultRecord } from './fault.ts'
import { createFaults, type Faults, type FaultsInit } from './faults.ts'
import type { ReportRules } from './judge.ts'
import { createReporter } from './reporter.ts'

export interface NetworkFaultsInit
  extends Pick<FaultsInit, 'onChange' | 'onOwnKey' | 'onError' | 'intervalMs' | 'jitterMs'> {
  descriptor: NetworkDescriptor
  store: Store
  table: Table<FaultRecord>
  signer: TransactionSigner
  chain: Pick<Chain, 'unminedCount'>
  signing: { readonly domain: SigningDomain; readonly recover: Recover; readonly nowSec: () => UnixSec }
  rules: ReportRules
}

/** Wires books, reporter and passes for whoever takes part in a network: a buyer or a provider. */
export function createNetworkFaults(init: NetworkFaultsInit): Faults {
  const { descriptor, store, table, signer, chain, signing, rules, ...rest } = init
  const { bonds, deployedAt } = descriptor
  const { nowSec } = signing
  const me = signer.address as Address
  const reporter =
    bonds === undefined
      ? undefined
      : createReporter({
          bonds: createBonds({ ...descriptor, bonds, signer }),
          me,
          rules,
          deployedAt,
          unminedCount: options => chain.unminedCount(me, options),
          nowSec
        })
  const books = createFaultBooks({ store, table, ...signing, onError: rest.onError })
  return createFaults({ books, reporter, me, nowSec, ...rest })
}
