import { createSigningDomain, fromHex, type Hex } from '@archipel/protocol'
import { createChain } from '../../src/chain/index.ts'
import { createNativeSigner, recoverNative } from '../../src/crypto/signer-node.ts'
import { createNetworkFaults } from '../../src/faults/create-faults.ts'
import type { Evidence } from '../../src/faults/fault.ts'
import type { NetworkDescriptor } from '../../src/network-descriptor.ts'
import { createStore, decodeValue } from '../../src/store/index.ts'

/*
 * What a test kills: a process that finds a fault and reports it, once. Arguments: its orders, CBOR as hex.
 */

interface Orders {
  readonly descriptor: NetworkDescriptor
  readonly privateKey: Hex
  readonly location: string
  readonly evidence: Evidence
}

const { descriptor, privateKey, location, evidence } = decodeValue(fromHex(process.argv[2]!)) as Orders
const signer = createNativeSigner(fromHex(privateKey))
const store = await createStore({ location })
const chain = createChain({ ...descriptor, signer })
const domain = createSigningDomain(descriptor.chainId, descriptor.escrow)
const faults = createNetworkFaults({
  descriptor,
  store,
  table: store.table('faults'),
  signer,
  chain,
  signing: { domain, recover: recoverNative, nowSec: () => Math.floor(Date.now() / 1000) },
  rules: {},
  onError(err) {
    console.error(err)
  }
})
await faults.keep(evidence)
await faults.run()
await store.close()
