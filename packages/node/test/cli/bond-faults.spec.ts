import { join } from 'node:path'
import { createChain, createNetworkFaults, createStore, encodeValue, type FaultRecord } from '@archipel/client'
import { createNativeSigner, recoverNative } from '@archipel/client/node'
import {
  agreementOfHarm,
  createSigningDomain,
  decode,
  type Equivocation,
  encodeMeta,
  type Harm,
  type Receipt,
  receiptType,
  sign,
  signedOfferType,
  ZERO_ADDRESS,
  ZERO_HASH
} from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { FAULTS_PATH } from '../../src/cli/faults/read.ts'
import { clientFiles, networkFolder, nodeFiles } from '../../src/config/folders.ts'
import { createControlServer } from '../../src/control/control-server.ts'
import type { KeyPair } from '../../src/wallet/keystore.ts'
import { BOND_TIMEOUT_MS, type BondNetwork, type Operator, startBondNetwork, WHOLE } from './bond-fixtures.ts'
import { networkRoot } from './fixtures.ts'

let network: BondNetwork
beforeAll(async () => {
  network = await startBondNetwork()
})
afterAll(() => network?.anvil.stop())

const domain = () => createSigningDomain(network.descriptor.chainId, network.descriptor.escrow)
const folderOf = ({ home }: Operator) => networkFolder(networkRoot(home))

/** Finds a fault as a client or a node does, and does what follows; the store is closed afterwards. */
async function find(location: string, key: KeyPair, evidence: { proof: Equivocation; harm?: Harm }) {
  const signer = createNativeSigner(key.privateKey)
  const store = await createStore({ location })
  const errors: unknown[] = []
  const faults = createNetworkFaults({
    descriptor: network.descriptor,
    store,
    table: store.table<FaultRecord>('faults'),
    signer,
    chain: createChain({ ...network.descriptor, signer }),
    signing: { domain: domain(), recover: recoverNative, nowSec: () => Math.floor(Date.now() / 1000) },
    rules: {},
    onError: err => errors.push(err)
  })
  await faults.keep(evidence)
  await faults.run()
  expect(errors).toEqual([])
  const all = await faults.all()
  await store.close()
  return all
}

function receiptsOf(cheat: Operator, payer: Operator): { proof: Equivocation; harm: Harm } {
  const { token } = network.descriptor
  const node = createNativeSigner(cheat.node.privateKey)
  const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: 3600, salt: 1n })
  const terms = { startup: 1n, rate: 2n, priceMax: 5n * WHOLE, tickSec: 60, expiresAt: 1_900_000_000 }
  const harm: Harm = {
    bid: { demand: ZERO_HASH, provider: node.address, payee: cheat.owner.address, ...terms },
    channel: { payer: payer.owner.address, payee: cheat.owner.address, token, arbiter: ZERO_ADDRESS, meta }
  }
  const receiptOf = (amount: bigint): Receipt => ({
    agreement: agreementOfHarm(harm, domain()),
    sequence: 0,
    kind: 0,
    result: ZERO_HASH,
    usage: { runMs: 1000, memoryBytes: 2, outputBytes: 3, fuel: 0 },
    amount,
    issuedAt: 1_900_000_000
  })
  const [first, second] = [5n, 6n].map(amount => sign(node, domain(), receiptType, receiptOf(amount)))
  return { proof: { kind: 'receipts', key: node.address, first: first!, second: second! }, harm }
}

describe('faults', { timeout: BOND_TIMEOUT_MS }, () => {
  test('are none where nobody contradicted himself', async () => {
    const { json, cli } = await network.createOperator()
    expect(await json('faults')).toEqual({ schemaVersion: 1, faults: [] })
    expect(await cli('faults')).toMatchObject({ exitCode: 0, stdout: 'No faults.\n', stderr: '' })
  })

  test('of buyer and node are listed with what was done, what it cost and what it brought', async () => {
    const cheat = await network.createOperator({ tokens: 1000n * WHOLE })
    await cheat.json('add', '1000')
    const own = await network.createOperator()
    const { store } = clientFiles(folderOf(own))
    const [ours] = await find(store, own.owner, receiptsOf(cheat, own))
    // Nobody answers for this one's key.
    await find(store, own.owner, { proof: network.offersOf(own) })
    const nodeStore = join(folderOf(own).node, 'store')
    await find(nodeStore, own.node, { proof: network.offersOf(cheat, 9) })

    const { faults } = (await own.json('faults')) as { faults: Record<string, unknown>[] }
    const by = (who: string) => faults.filter(fault => fault.by === who)
    expect(by('buyer')).toHaveLength(2)
    const fee = ours!.slashes[0]!.feeWei!
    expect(by('buyer').find(({ statements }) => statements === 'receipts')).toMatchObject({
      id: ours!.id,
      provider: cheat.node.address,
      state: 'compensated',
      why: null,
      compensated: (5n * WHOLE).toString(),
      owed: '0',
      compensation: (5n * WHOLE).toString(),
      reward: (10n * WHOLE).toString(),
      feeWei: fee.toString(),
      transactions: [{ transaction: ours!.slashes[0]!.transaction, reporter: own.owner.address }]
    })
    expect(by('buyer').find(({ statements }) => statements === 'offers')).toMatchObject({
      provider: own.node.address,
      state: 'not-worth',
      why: 'unbacked',
      transactions: []
    })
    const reported = by('node')[0]!
    expect(reported).toMatchObject({ state: 'reported', compensation: '0' })
    // The proof can be shown to anybody.
    const bytes = Buffer.from(String((reported.proof as { second: string }).second).slice(2), 'hex')
    expect(decode(signedOfferType, new Uint8Array(bytes))).toEqual(network.offersOf(cheat, 9).second)

    const { stdout, stderr } = await own.cli('faults')
    expect(stdout).toMatch(/^FAULT +PROVIDER +SIGNED +FOUND +BROUGHT +FEE +STATE\n/)
    expect(stdout).toMatch(/ two receipts +20\S+Z by you +15 +0\.000\d+ +compensated\n/)
    expect(stdout).toMatch(/ two offers +20\S+Z by the node +8\.9375 +0\.000\d+ +reported\n/)
    expect(stdout).toMatch(/ by you +0 +0 +not worth it: nobody answers for its key\n/)
    expect(stderr).toMatch(/^What it brought is credited to the wallet: archipel bond collect\n/)
    const { owner } = own
    const collected = await own.json('collect', '--wallet', 'node', '--to', owner.address)
    expect(collected).toMatchObject({ address: own.node.address, collected: reported.reward })
    expect(await own.bonds.tokenBalance(owner.address)).toBe(100n * WHOLE + BigInt(String(reported.reward)))
  })

  test('of a node that runs are asked for', async () => {
    const own = await network.createOperator()
    const { control } = nodeFiles(folderOf(own))
    const location = join(folderOf(own).node, 'store')
    const all = await find(location, own.node, { proof: network.offersOf(await network.createOperator(), 3) })
    const store = await createStore({ location })
    const server = createControlServer({ path: control, answers: { [FAULTS_PATH]: async () => encodeValue(all) } })
    await server.start()
    onTestFinished(async () => {
      await server.stop()
      await store.close()
    })
    expect(await own.json('faults')).toMatchObject({ faults: [{ by: 'node', id: all[0]!.id, state: 'not-worth' }] })
  })
})
