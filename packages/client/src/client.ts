import type {
  Address,
  AgreementId,
  BuyerAgreement,
  BuyerChannel,
  ChannelId,
  Hash,
  VerifiedOffer
} from '@archipel/protocol'
import type { AuditBundle } from './audit/bundle.ts'
import type { ExportedFile } from './content/index.ts'
import type { DisputeSummary } from './dispute/summary.ts'
import type { FaultRecord } from './faults/fault.ts'
import type { JobOutcome, JobProgress, JobRecord, JobSpec } from './job/job.ts'
import type { OfferFilter } from './market/book/filter.ts'
import type { OwnChannel, Reconciled, ReconcileOptions } from './payment/reconciler.ts'
import type { SpendingState } from './payment/spending/spending.ts'

export interface CallOptions {
  signal?: AbortSignal | undefined
}

export interface JobOptions extends CallOptions {
  onProgress?: (progress: JobProgress) => void
}

export interface OffersOptions extends CallOptions {
  filter?: OfferFilter | undefined
}

/** The light client: everything a buyer does, with no daemon. */
export interface Client {
  readonly address: Address
  /** Connects to the network. @throws CodedError E_NO_PEERS */
  start(options?: CallOptions): Promise<void>
  /**
   * Lets go of everything. Jobs under way end with E_CLIENT_STOPPED here and go on at their providers, until their credit
   * is used up: {@link Client.resumeJob} takes them up again.
   */
  stop(): Promise<void>
  /** Verified offers as peers know them now: of the whole network, or those that match and nothing else. */
  offers(options?: OffersOptions): Promise<VerifiedOffer[]>
  /**
   * Runs a job to its verified result and pays for it.
   *
   * @throws CodedError E_NO_OFFERS, E_NO_FUNDS, E_QUORUM_IMPOSSIBLE, E_DEADLINE, E_CANCELLED, …
   */
  runJob(spec: JobSpec, options?: JobOptions): Promise<JobOutcome>
  /** Takes up a stored job again: after a crash, a lost connection, or only to read its result. @throws E_NO_SUCH_JOB */
  resumeJob(job: Hash, options?: JobOptions): Promise<JobOutcome>
  job(id: Hash): Promise<JobRecord | undefined>
  /** Newest first. */
  jobs(): Promise<JobRecord[]>
  agreement(id: AgreementId): Promise<BuyerAgreement | undefined>
  channels(): Promise<BuyerChannel[]>
  /** The same with what the chain said last, and with those found on chain whose records are lost. */
  ownChannels(): Promise<OwnChannel[]>
  /** Brings records and chain together, as the client does by itself at start and from time to time. */
  reconcile(options?: ReconcileOptions): Promise<Reconciled>
  /**
   * Takes back what is left in channels: requests their close, or completes it once it is due. What this call does not
   * get to, the client goes on with by itself, also after a restart. No new work goes to these channels.
   *
   * @throws CodedError E_NO_SUCH_CHANNEL
   */
  closeChannels(ids: readonly ChannelId[], options?: CallOptions): Promise<Reconciled>
  /** Cases of ours in court, the newest first, as they stood at the last look. */
  disputes(): Promise<DisputeSummary[]>
  /**
   * Looks at every open case and does what is to be done, as the client does by itself while it runs.
   *
   * @returns those that are open, or were until a moment ago
   */
  lookAtDisputes(options?: CallOptions): Promise<DisputeSummary[]>
  /** Contradictions that providers signed, and what has come of them. Oldest first. */
  faults(): Promise<FaultRecord[]>
  /**
   * Looks at what is owed for them and reports what is worth it, as the client does by itself at start, from time to time
   * and whenever it finds one.
   *
   * @returns all of them, as they are then
   */
  reportFaults(options?: CallOptions): Promise<FaultRecord[]>
  /** What was promised in the last day, against the limits. */
  spending(): Promise<SpendingState>
  /** Files a job wrote, fetched from providers where this machine lacks them, and checked. */
  outputFiles(job: Hash, options?: CallOptions): AsyncIterable<ExportedFile>
  /** Everything an auditor needs about one agreement besides the chain. */
  auditBundle(agreement: AgreementId): Promise<AuditBundle>
}
