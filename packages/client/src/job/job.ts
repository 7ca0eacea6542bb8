import type { Address, AgreementId, Failure, Hash, Rejection, Result, Spread, UnixSec, Wei } from '@archipel/protocol'
import type { ContentEntry } from '../content/index.ts'

/** What a buyer asks for. */
export interface JobSpec {
  /** Which kind of program it is. Default `wasm`. */
  readonly runtime?: 'wasm' | 'oci' | undefined
  /**
   * The program's bytes. For `wasm` a WASI preview 1 module; for `oci` an archive of a container image, or the text of a
   * reference: "registry.example/team/image@sha256:…".
   */
  readonly program: Uint8Array
  /** argv, the program's name first. */
  readonly args: readonly string[]
  /** KEY=value. */
  readonly env?: readonly string[]
  /** Files the program finds in its root folder, or in `/input` of its container. */
  readonly input?: Iterable<ContentEntry> | AsyncIterable<ContentEntry>
  readonly resources: { readonly cpuMillis: number; readonly memoryBytes: number; readonly diskBytes: number }
  /** Longest running time, seconds. */
  readonly durationSec: number
  /** Most fuel, for `wasm`. Default: what a fast processor burns in that time. Zero: none is counted, and time is paid. */
  readonly fuel?: number | undefined
  /** Most the whole job may cost, over all replicas and replacements. */
  readonly priceMax: Wei
  /** A result after this is of no use. */
  readonly deadline: UnixSec
  readonly replicas: number
  /** Replicas that must agree on one result digest; more than half of `replicas`. */
  readonly quorum: number
  readonly spread: Spread
  /** Only these regions; any when empty. */
  readonly regions?: readonly string[]
}

export type ReplicaState =
  | 'negotiating'
  | 'agreed'
  | 'fetching'
  | 'queued'
  | 'running'
  | 'delivered'
  | 'paid'
  | 'rejected'
  | 'failed'

/** One replica of a job at one provider. */
export interface Replica {
  readonly provider: Address
  readonly operator: Address
  readonly region: string
  readonly state: ReplicaState
  readonly agreement: AgreementId | undefined
  /** Digest of its result, once delivered. */
  readonly digest: Hash | undefined
  /** What vouchers paid for it so far. */
  readonly paid: Wei
  readonly priceMax: Wei
  /** Running time the provider reports, milliseconds. */
  readonly runMs: number | undefined
  /** Fuel that it reports; undefined where none is counted. */
  readonly fuel: number | undefined
  readonly failure: Failure | undefined
}

/** Told while a job runs, for people to watch. */
export type JobProgress =
  | { readonly type: 'prepared'; readonly job: Hash; readonly program: string; readonly input: string | undefined }
  | { readonly type: 'offers'; readonly seen: number; readonly rejected: Readonly<Partial<Record<Rejection, number>>> }
  | {
      readonly type: 'channel'
      readonly provider: Address
      readonly action: 'open' | 'top-up' | 'reuse'
      readonly deposit: Wei
    }
  | { readonly type: 'replica'; readonly replica: Replica }
  | { readonly type: 'replaced'; readonly lost: Address; readonly by: Address }
  | { readonly type: 'quorum'; readonly digest: Hash; readonly votes: number; readonly replicas: number }
  | { readonly type: 'fetched'; readonly bytes: number }

/** Milliseconds each stage took, as the buyer saw it. Stages of several replicas overlap: the latest end counts. */
export interface JobTimings {
  readonly discoverMs: number
  /** Until every replica had agreed: channel, Demand, Bid, Agreement. */
  readonly negotiateMs: number
  /** Until every replica had its program and input and began to run. */
  readonly transferMs: number
  /** Until the quorum had delivered. */
  readonly executeMs: number
  readonly verifyMs: number
  readonly fetchMs: number
  readonly payMs: number
  readonly totalMs: number
}

export interface JobOutcome {
  readonly job: Hash
  readonly result: Result
  readonly digest: Hash
  /** stdout of the program. */
  readonly stdout: Uint8Array
  /** stderr as one of the confirmed replicas sent it. */
  readonly stderr: Uint8Array
  readonly replicas: readonly Replica[]
  readonly paid: Wei
  readonly timings: JobTimings
}

/** A job as stored: enough to find out everything about it again. */
export interface JobRecord {
  readonly id: Hash
  readonly createdAt: UnixSec
  readonly args: readonly string[]
  readonly program: string
  readonly input: string | undefined
  readonly priceMax: Wei
  readonly deadline: UnixSec
  readonly replicas: number
  readonly quorum: number
  readonly spread: Spread
  /** Only these; any when empty. Replacements keep to them, too. */
  readonly regions: readonly string[]
  readonly state: 'running' | 'succeeded' | 'failed'
  readonly agreements: readonly AgreementId[]
  /** Digest the quorum agreed on. */
  readonly digest: Hash | undefined
  readonly result: Result | undefined
  readonly failure: Failure | undefined
}
