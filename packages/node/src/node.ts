import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type ConnectedPeer,
  createBlockFetcher,
  createBlockServer,
  createBonds,
  createChain,
  createCourt,
  createHolders,
  createNetwork,
  createNetworkFaults,
  createStore,
  type DisputeSummary,
  type FaultRecord,
  type FaultState,
  readDisputes,
  type SigningContext,
  stateOf,
  wallClockSec
} from '@archipel/client'
import {
  createFsBlockStore,
  createNativeSigner,
  installKeccak,
  lanDiscovery,
  nodeTransports,
  openPeerDatastore,
  recoverNative
} from '@archipel/client/node'
import { type AgreementId, CLAIM_AGE_SEC_MAX, createSigningDomain, type ProviderAgreement } from '@archipel/protocol'
import { type Conversations, createConversations } from './agreement/conversations.ts'
import { createCredit } from './agreement/credit.ts'
import { createProviderEngine, type ProviderEngine } from './agreement/engine.ts'
import { createNegotiator, type Negotiator } from './agreement/negotiator.ts'
import { createOpenBids } from './agreement/open-bids.ts'
import { persist } from './agreement/persist.ts'
import { createProviderDisputes, type ProviderDisputes } from './dispute/disputes.ts'
import { createCapacity } from './execution/capacity.ts'
import { createDiskSpace } from './execution/disk-space.ts'
import { createInputs } from './execution/inputs.ts'
import { createResults } from './execution/results.ts'
import { createWork, type Work } from './execution/work.ts'
import { createExecutors, isolationOf } from './executor/create-executors.ts'
import type { Executor } from './executor/index.ts'
import { weakestLevel } from './executor/isolation.ts'
import { createFaultLog } from './faults/fault-log.ts'
import type { Logger } from './log.ts'
import { createProviderMarket } from './market/market.ts'
import { createProviderChannels } from './payment/channels.ts'
import { reservationOf } from './payment/reservations.ts'
import { type ProviderConfig, type ProviderStatus, rulesOf } from './provider.ts'
import { earningsOf } from './redeem/earnings.ts'
import { createChainNews } from './redeem/news.ts'
import { createReconciler } from './redeem/reconciler.ts'
import { createRedeemer } from './redeem/redeemer.ts'
import { createProviderRecords } from './store/records.ts'

/** A running peer that sells capacity. */
export interface ProviderNode {
  /** Opens everything and goes on where an earlier process stopped. Safe to call once. */
  start(): Promise<void>
  /** Takes no new work, keeps what is durable, redeems vouchers, lets go of everything. Bounded; safe to call twice. */
  stop(): Promise<void>
  status(): Promise<ProviderStatus>
  /** Those it is connected to. */
  peers(): Promise<ConnectedPeer[]>
  /** Its cases in court, newest first. */
  disputes(): Promise<DisputeSummary[]>
  /** Contradictions that other providers signed, and what has come of them. */
  faults(): Promise<FaultRecord[]>
}

export interface ProviderNodeInit {
  config: ProviderConfig
  /** The node's key, 32 bytes: PeerId, signatures and gas. */
  privateKey: Uint8Array
  dataDir: string
  logger: Logger
  /** Software version told to others. */
  version: string
  /** Another back end than the confined wasm one: tests of dishonest providers. */
  executor?: Executor
}

/** Wires a provider. Reading it from top to bottom is reading how a message travels. */
export async function createProviderNode(init: ProviderNodeInit): Promise<ProviderNode> {
  const { config, privateKey, dataDir, version, logger: log } = init
  const descriptor = config.network
  await Promise.all([mkdir(dataDir, { recursive: true, mode: 0o700 }), installKeccak()])

  const signing: SigningContext = {
    domain: createSigningDomain(descriptor.chainId, descriptor.escrow),
    signer: createNativeSigner(privateKey),
    recover: recoverNative,
    nowSec: wallClockSec
  }
  const store = await createStore({ location: join(dataDir, 'store') })
  const peers = await openPeerDatastore(join(dataDir, 'peers'))
  const blocks = await createFsBlockStore({ directory: join(dataDir, 'blocks') })
  // Nothing goes before everybody who needs something has said so.
  const pinned = blocks.hold('all')
  const results = createResults({ blocks })
  const records = createProviderRecords(store)
  const chain = createChain({ ...descriptor, signer: signing.signer })
  const executors = createExecutors(init, signing.signer.address)
  const runtimes = executors.map(({ runtime }) => runtime)

  const network = await createNetwork({
    network: descriptor.name,
    offerShards: descriptor.offerShards,
    privateKey,
    transports: nodeTransports(),
    listen: config.listen,
    announce: config.announce ?? [],
    ...(config.relay === undefined ? {} : { relay: config.relay }),
    ...(config.lan === true ? { lan: lanDiscovery(descriptor.name) } : {}),
    bootstrap: descriptor.bootstrap,
    dht: 'server',
    allowPrivateAddresses: descriptor.allowPrivateAddresses,
    datastore: peers.datastore,
    userAgent: `archipel/${version}`
  })
  const blockServer = createBlockServer({ network, blockstore: blocks })
  const holders = createHolders({ network, blockstore: blocks })
  const fetcher = createBlockFetcher(network)

  // Market: what we offer, and what others do.
  const faults = createNetworkFaults({
    descriptor,
    store,
    table: records.faults,
    signer: signing.signer,
    chain,
    signing,
    rules: { ...config.faults, coinPrice: config.redeem.coinPrice },
    ...createFaultLog(log, signing.signer.address)
  })
  const market = createProviderMarket({
    network,
    config,
    runtimes,
    isolation: () => weakestLevel(executors),
    version,
    signing,
    records,
    onContradiction: proof => void faults.keep({ proof }),
    log
  })

  // Agreements: a message comes in by a conversation, is answered by the negotiator, stepped and stored by the engine,
  // carried out by work, paid through channels. They refer to each other, so each is reached only once all are here.
  const capacity = createCapacity(config.resources)
  let engine: ProviderEngine
  let negotiator: Negotiator
  let work: Work
  let conversations: Conversations
  let disputes: ProviderDisputes | undefined
  const channels = createProviderChannels({
    records,
    chain,
    signing,
    owner: config.owner,
    token: descriptor.token,
    court: descriptor.court,
    engine: () => engine,
    disputes: () => disputes
  })
  const buyerOf = (state: ProviderAgreement) => state.demand.body.buyer
  const stopped = new AbortController()
  const apply = (id: AgreementId, event: Parameters<ProviderEngine['apply']>[1]) => {
    // The next tick says what this one would have; how it ended is said once.
    const change = () => engine.apply(id, event)
    const applied = event.type === 'ticked' ? change() : persist(change, stopped.signal)
    applied.catch(err => log.error({ err, agreement: id, event: event.type }, 'could not store a change'))
  }
  const inputs = createInputs({
    fetcher,
    blocks,
    sourceOf: state => conversations.peerOf(buyerOf(state)),
    othersWith: (root, buyer, signal) => holders.find(buyer, root, { signal })
  })
  work = createWork({
    executors: new Map(executors.map(executor => [executor.runtime, executor])),
    capacity,
    inputs,
    blocks,
    results,
    nowSec: signing.nowSec,
    events: {
      progress: (state, stage) =>
        conversations.tell(buyerOf(state), { type: 'progress', value: { agreement: state.id, stage } }),
      ticked: (id, usage) => apply(id, { type: 'ticked', usage }),
      finished: (id, done) => apply(id, { type: 'finished', ...done }),
      failed: (id, failure, usage) => {
        log.info({ agreement: id, ...failure }, 'a job failed')
        apply(id, { type: 'failed', failure, usage })
      }
    }
  })
  const credit = createCredit(signing.nowSec, config.unpaidMax)
  engine = createProviderEngine({
    records,
    signing,
    credit,
    // What can be claimed in court is not forgotten before it can be claimed no more.
    writeOffSec: descriptor.court === undefined ? undefined : CLAIM_AGE_SEC_MAX,
    actions: {
      execute: state => work.execute(state),
      stop: id => work.stop(id),
      sendReceipt(state, receipt) {
        const ended = state.phase.code === 'delivered' || state.phase.code === 'settled' ? state.phase : undefined
        const last = ended !== undefined && receipt.body.sequence === state.receipts.length - 1
        const value = {
          receipt,
          result: last ? ended.result : undefined,
          stderr: last ? ended.stderr : new Uint8Array(0)
        }
        conversations.tell(buyerOf(state), { type: 'receipt', value })
      },
      sendFailure: (state, failure) =>
        conversations.tell(buyerOf(state), { type: 'failure', value: { agreement: state.id, failure } }),
      ended: state => channels.release(state.channel, state.id),
      resumed: state => channels.take(state.channel, reservationOf(state)),
      kept: (...kept) => void results.keep(...kept),
      paid: state => channels.adjust(state.channel, reservationOf(state))
    }
  })
  const bids = createOpenBids(signing.nowSec)
  const disk = createDiskSpace({ directory: dataDir })
  negotiator = createNegotiator({ config, runtimes, signing, capacity, channels, engine, bids, disk, credit, log })
  conversations = createConversations({ network, negotiator: () => negotiator, log })
  const { nowSec } = signing
  const redeemer = createRedeemer({ channels, chain, rules: rulesOf(config.redeem), nowSec, log })
  const reconciler = createReconciler({ channels, records, nowSec, onChange: redeemer.wake, log })
  const { books } = channels
  disputes = createDisputes()
  const news = createChainNews({ source: chain.source, owner: config.owner, books, onNews: reconciler.wake, log })

  /** Undefined where the network has no court: what is not paid is lost then. */
  function createDisputes(): ProviderDisputes | undefined {
    const { court, bonds } = descriptor
    if (court === undefined || bonds === undefined) return undefined
    const door = { ...descriptor, court, bonds, signer: signing.signer }
    return createProviderDisputes({
      records,
      engine: () => engine,
      books: channels.books,
      chain,
      court: createCourt(door),
      bonds: createBonds(door),
      blocks,
      signing,
      owner: config.owner,
      settings: config.disputes ?? {},
      log
    })
  }

  const startedAt = signing.nowSec()
  let stopping: Promise<void> | undefined

  async function stop(): Promise<void> {
    const left = market.stop()
    await work.stopAll()
    await Promise.all([
      ...executors.map(executor => executor.stop()),
      redeemer.stop(),
      reconciler.stop(),
      news.stop(),
      disputes?.stop(),
      faults.stop(),
      left
    ])
    fetcher.stop()
    await network.stop()
    stopped.abort()
    await Promise.all([store.close(), peers.close()])
    log.info({}, 'stopped')
  }

  return {
    async start() {
      await chain
        .checkChain()
        .catch(err => log.warn({ err }, 'the chain does not answer; work inside what is paid for goes on'))
      const starting = executors.map(executor => executor.start())
      await Promise.all([channels.start(), disputes?.load(), ...starting, disk.look()])
      // Before anybody can be heard: what a message may change is all here, and money is set aside for it.
      await engine.restart()
      pinned()
      await Promise.all([conversations.start(), blockServer.start(), holders.start(), market.serve()])
      await network.start()
      await market.start()
      redeemer.start()
      reconciler.start()
      news.start()
      disputes?.start()
      faults.start()
      log.info(
        {
          address: signing.signer.address,
          multiaddrs: network.addresses().map(String),
          isolation: isolationOf(executors)
        },
        'started'
      )
    },
    stop() {
      stopping ??= stop()
      return stopping
    },
    peers: () => network.peers(),
    disputes: () => readDisputes(records),
    async status() {
      const tokens = earningsOf(channels)
      const block = await chain.blockNumber({ signal: AbortSignal.timeout(STATUS_CHAIN_TIMEOUT_MS) }).then(
        blockNumber => ({ ok: true, blockNumber, error: undefined }),
        err => ({ ok: false, blockNumber: undefined, error: err instanceof Error ? err.message : String(err) })
      )
      const { offer } = market
      const states = (await faults.all()).map(fault => stateOf(fault, signing.signer.address))
      return {
        address: signing.signer.address,
        owner: config.owner,
        peerId: network.peerId.toString(),
        network: descriptor.name,
        version,
        startedAt,
        multiaddrs: network.addresses().map(String),
        peers: network.libp2p.getPeers().length,
        reachability: network.reachability(),
        offersKnown: market.book.offers().length,
        isolation: isolationOf(executors),
        jobs: engine.counts(),
        earnings: {
          vouchered: tokens.reduce((sum, { vouchered }) => sum + vouchered, 0n),
          redeemed: tokens.reduce((sum, { redeemed }) => sum + redeemed, 0n)
        },
        redeem: { ...redeemer.status(), books: reconciler.status(), tokens },
        disputes: disputes?.status(),
        chain: block,
        offer: offer === undefined ? undefined : { sequence: offer.sequence, expiresAt: offer.expiresAt },
        faults: countBy(states)
      }
    },
    faults: faults.all
  }
}

function countBy(states: readonly FaultState[]): Partial<Record<FaultState, number>> {
  const counts: Partial<Record<FaultState, number>> = {}
  for (const state of states) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

const STATUS_CHAIN_TIMEOUT_MS = 2000
