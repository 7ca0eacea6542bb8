import {
  type Address,
  type AgreementId,
  assert,
  CodedError,
  createSigningDomain,
  digestOf,
  fromHex,
  type Hash,
  offerType,
  type Recover,
  type SignedOffer,
  type Signer,
  type VerifiedOffer
} from '@archipel/protocol'
import { createBuyerEngine } from './agreement/engine.ts'
import { buildBundle } from './audit/build-bundle.ts'
import type { Bonds, Chain, Court } from './chain/index.ts'
import type { Client, JobOptions } from './client.ts'
import { decodeContentCid, exportFiles, type KeptBlockStore } from './content/index.ts'
import { type SigningContext, wallClockSec } from './context.ts'
import { createBuyerDisputes } from './dispute/disputes.ts'
import { readDisputes } from './dispute/read.ts'
import type { DisputeNews } from './dispute/runner.ts'
import type { DisputeSettings } from './dispute/settings.ts'
import { createNetworkFaults } from './faults/create-faults.ts'
import type { FaultRecord } from './faults/fault.ts'
import type { ReportRules } from './faults/judge.ts'
import { fetchOutput } from './job/fetch.ts'
import { JOBS_LISTED_MAX, STOP_WAIT_MS } from './job/limits.ts'
import { clientStopped, resumeJob, runJob } from './job/run-job.ts'
import { createMarket } from './market/market.ts'
import { createOffers } from './market/offers.ts'
import { createInbox, type Inbox } from './negotiate/inbox.ts'
import { createReconnect } from './negotiate/reconnect.ts'
import { createSessions, type Sessions } from './negotiate/sessions.ts'
import { createBlockFetcher, createBlockServer, createHolders } from './net/blocks/index.ts'
import { linkSignals, type Network } from './net/index.ts'
import type { NetworkDescriptor } from './network-descriptor.ts'
import type { ClientParts } from './parts.ts'
import { type ChannelPolicy, CLOSE_DELAY_SEC, DEPOSIT_JOBS } from './payment/channel-policy.ts'
import { createChannels } from './payment/channels.ts'
import { createPayer, type Payer, storeFailed } from './payment/payer.ts'
import { createReconciler, type Reconciled } from './payment/reconciler.ts'
import type { SpendingLimits } from './payment/spending/limits.ts'
import { createSpending } from './payment/spending/spending.ts'
import { createBuyerRecords } from './records.ts'
import type { Store } from './store/index.ts'

export interface ClientInit {
  descriptor: NetworkDescriptor
  signer: Signer
  recover: Recover
  network: Network
  chain: Chain
  store: Store
  blocks: KeptBlockStore
  /** The network's court and the bonds that it can take from; left out where there is none. */
  justice?: { readonly court: Court; readonly bonds: Bonds } | undefined
  /** How far the client goes to court by itself. */
  disputes?: DisputeSettings | undefined
  channelPolicy?: Partial<ChannelPolicy>
  /** What may be promised. Default: no limit but each job's own. */
  limits?: SpendingLimits | undefined
  /** How long a provider may be out of reach before another takes its place. Default {@link LOST_AFTER_MS}. */
  lostAfterMs?: number | undefined
  /** Told of peers that break their word; they harm only themselves. */
  onWarning?: (warning: { provider: Address | undefined; error: unknown }) => void
  /** Told of channels that the client found or closed by itself. */
  onReconciled?: ((done: Reconciled) => void) | undefined
  /** Told of what happens to cases in court, and what the client does about them. */
  onDispute?: ((news: DisputeNews) => void) | undefined
  /** What is done about providers that contradict themselves. Default: what brings more than it costs. */
  reports?: ReportRules | undefined
  /** Told of each fault that was found, and of what comes of it. */
  onFault?: ((fault: FaultRecord) => void) | undefined
}

/** Wires a client from its parts. Node: `createNodeClient` chooses them all. */
export function createClient(init: ClientInit): Client {
  const { descriptor, signer, recover, network, chain, store, blocks, onWarning = () => {} } = init
  const signing: SigningContext = {
    domain: createSigningDomain(descriptor.chainId, descriptor.escrow),
    signer,
    recover,
    nowSec: wallClockSec
  }
  const records = createBuyerRecords(store)
  const fetcher = createBlockFetcher(network)
  const blockServer = createBlockServer({ network, blockstore: blocks })
  const holders = createHolders({ network, blockstore: blocks })
  const faults = createNetworkFaults({
    descriptor,
    store,
    table: records.faults,
    signer,
    chain,
    signing,
    rules: init.reports ?? {},
    onChange: init.onFault,
    onError: error => onWarning({ provider: undefined, error })
  })
  const known = createOffers({
    descriptor,
    network,
    signing,
    tables: records,
    onContradiction: proof => void faults.keep({ proof })
  })
  const { book } = known
  const market = createMarket({ network, offers: known, bootstrap: descriptor.bootstrap })
  const policy: ChannelPolicy = {
    closeDelaySec: CLOSE_DELAY_SEC,
    depositMin: 0n,
    depositJobs: DEPOSIT_JOBS,
    ...init.channelPolicy
  }
  const spending = createSpending({ records, limits: init.limits ?? {}, nowSec: signing.nowSec })
  const { token, court: arbiter } = descriptor
  const channels = createChannels({ records, chain, payer: signer.address, token, arbiter, policy, spending })

  const reconciler = createReconciler({
    records,
    channels,
    chain,
    payer: signer.address,
    deployedAt: descriptor.deployedAt,
    nowSec: signing.nowSec,
    onError: error => onWarning({ provider: undefined, error }),
    onDone: init.onReconciled
  })

  const disputes =
    init.justice &&
    createBuyerDisputes({
      ...init.justice,
      records,
      chain,
      blocks,
      payer: signer.address,
      deployedAt: descriptor.deployedAt,
      settings: init.disputes ?? {},
      onNews: init.onDispute ?? (() => {}),
      onError: error => onWarning({ provider: undefined, error })
    })

  // Sessions, inbox, payer and engine know each other; each is reached only once all are here.
  let payer: Payer
  let inbox: Inbox
  let sessions: Sessions
  const engine = createBuyerEngine({
    records,
    signing,
    spending,
    pay: (id, receipts) => payer.pay(id, receipts),
    onContradiction(proof, { bid, channel }) {
      const key = channels.peek(channel)?.key
      void faults.keep({ proof, ...(key === undefined ? {} : { harm: { bid: bid.body, channel: key } }) })
    }
  })
  payer = createPayer({
    records,
    signing,
    channels,
    engine,
    isAwarded: disputes?.isAwarded,
    async send(provider, payment) {
      const session = sessions.get(provider)
      if (session === undefined) throw new CodedError('E_PROVIDER_LOST', 'there is no connection to the provider')
      await session.send({ type: 'payment', value: payment })
    },
    onError: (channel, error) => onWarning({ provider: channels.peek(channel)?.provider, error })
  })
  inbox = createInbox({
    engine,
    payer,
    channels,
    resume: id => {
      const provider = engine.get(id)?.offer.body.provider
      const session = provider === undefined ? undefined : sessions.get(provider)
      session?.send({ type: 'resume', value: { agreement: id } }).catch(error => onWarning({ provider, error }))
    },
    onMisbehaviour: (provider, error) => onWarning({ provider, error })
  })
  sessions = createSessions({
    network,
    newest: provider => book.get(provider),
    isBusy: provider => engine.live(provider).length > 0 || payer.owes(provider),
    onOpened: provider =>
      void Promise.all([channels.heard(provider), payer.resendTo(provider)]).catch(error =>
        onWarning({ provider, error })
      ),
    onMessage: (provider, message) => inbox.receive(provider, message),
    onLost(provider, reason) {
      inbox.lost(provider, reason)
      reconnect.lost(provider).catch(error => onWarning({ provider, error }))
    }
  })
  const reconnect = createReconnect({
    engine,
    payer,
    sessions,
    lostAfterMs: init.lostAfterMs,
    onLost: provider => void channels.lost(provider, signing.nowSec()).catch(error => onWarning({ provider, error }))
  })

  const verifiedOffer = (offer: SignedOffer): VerifiedOffer => {
    const key = recover(fromHex(digestOf(signing.domain, offerType, offer.body)), offer.signature)
    assert(key !== undefined, 'a stored offer was verified when it was taken')
    return { offer, publicKey: key.publicKey }
  }
  const parts: ClientParts = {
    signing,
    token: descriptor.token,
    records,
    network,
    chain,
    blocks,
    fetcher,
    engine,
    channels,
    payer,
    spending,
    sessions,
    inbox,
    verifiedOffer,
    reconnect: provider => reconnect.ask(provider),
    offers: signal => market.offers({}, signal)
  }

  const stopping = new AbortController()
  let isBehind = false
  store.onFailure(() => {
    isBehind = true
  })
  const jobs = new Set<Promise<unknown>>()
  let exports = 0

  /** Runs work on a job; when the client stops, it ends first. */
  async function working<T>(options: JobOptions, work: (options: JobOptions) => Promise<T>): Promise<T> {
    if (isBehind) throw storeFailed()
    await disputes?.load()
    const { signal, unlink } = linkSignals([stopping.signal, options.signal])
    const promise = work({ ...options, signal })
    jobs.add(promise)
    try {
      return await promise
    } finally {
      jobs.delete(promise)
      unlink()
    }
  }

  async function record(id: Hash) {
    const found = await records.jobs.get(id)
    if (found !== undefined) return found
    throw new CodedError('E_NO_SUCH_JOB', 'no such job is stored here', {
      facts: { job: id },
      hint: 'archipel job ls lists them; jobs are kept where they were started'
    })
  }

  return {
    address: signer.address,
    async start() {
      await Promise.all([blockServer.start(), holders.start()])
      await network.start()
      market.start()
      reconciler.start()
      disputes?.start()
      faults.start()
    },
    async stop() {
      reconciler.stop()
      const reported = faults.stop()
      const left = market.stop()
      stopping.abort(clientStopped())
      await Promise.allSettled([...jobs, disputes?.stop()])
      // What the last jobs owe is stored by now or soon: a provider should not have to wait for our next visit.
      await payer.flush(AbortSignal.timeout(STOP_WAIT_MS))
      await sessions.close()
      fetcher.stop()
      await network.stop()
      await Promise.all([reported, left])
      await store.close()
    },
    offers: ({ filter, signal } = {}) => market.offers(filter, signal),
    runJob: (spec, options = {}) => working(options, bound => runJob(parts, spec, bound)),
    resumeJob: (id, options = {}) =>
      working(options, async bound => {
        // What a court has paid meanwhile is not paid again.
        await disputes?.firstLook()
        return resumeJob(parts, await record(id), bound)
      }),
    job: id => records.jobs.get(id),
    async jobs() {
      const found = await Array.fromAsync(records.jobs.iterate({ limit: JOBS_LISTED_MAX }), ([, job]) => job)
      return found.sort((a, b) => b.createdAt - a.createdAt)
    },
    agreement: id => records.agreements.get(id),
    channels: () => Array.fromAsync(records.channels.iterate(), ([, channel]) => channel),
    ownChannels: () => reconciler.all(),
    reconcile: options => reconciler.run(options),
    async closeChannels(ids, options) {
      await reconciler.exit(ids)
      return reconciler.run(options)
    },
    disputes: () => readDisputes(records),
    async lookAtDisputes(options) {
      const looked = new Set(((await disputes?.run(options)) ?? []).map(({ id }) => id))
      return (await readDisputes(records)).filter(({ id }) => looked.has(id))
    },
    faults: () => faults.all(),
    async reportFaults(options) {
      await faults.run(options)
      return faults.all()
    },
    async spending() {
      await spending.load()
      return spending.state()
    },
    async *outputFiles(id, { signal } = {}) {
      const { result, agreements } = await record(id)
      if (result === undefined)
        throw new CodedError('E_NO_RESULT', 'this job has no result yet', { facts: { job: id } })
      const states = (await Promise.all(agreements.map(agreement => records.agreements.get(agreement)))).filter(
        s => s !== undefined
      )
      const sources = states.map(({ offer }) => ({ offer: verifiedOffer(offer) }))
      const root = decodeContentCid(result.output)
      const owner = `files of ${id}, time ${++exports}`
      try {
        await fetchOutput(parts, sources, root, owner, () => {}, signal ?? AbortSignal.timeout(OUTPUT_TIMEOUT_MS))
        for await (const file of exportFiles(root, blocks, { allowFoldedDuplicates: true }))
          if (file.type === 'file') yield file
      } finally {
        blocks.unpin(owner)
      }
    },
    auditBundle: (id: AgreementId) => buildBundle({ descriptor, signing, records }, id)
  }
}

/** Fetching the outputs of a finished job, when the caller sets no limit of its own. */
const OUTPUT_TIMEOUT_MS = 300_000
