import { ARG_BYTES_MAX, ARGS_MAX, CID_BYTES_MAX, ENV_MAX, LABEL_BYTES_MAX } from '../limits.ts'
import { resourcesType } from '../offer/offer.ts'
import { address, bytes, hash, type Infer, list, struct, text, uint, wei } from '../schema/index.ts'

/** What is to be run. */
export const workloadType = struct('Workload', {
  /** Which executor: `wasm` or `oci`. */
  runtime: text(LABEL_BYTES_MAX),
  /** CID of the program. */
  program: bytes(CID_BYTES_MAX),
  /** argv, the program's own name first. */
  args: list(text(ARG_BYTES_MAX), ARGS_MAX),
  /** KEY=value; the program sees them in this order. */
  env: list(text(ARG_BYTES_MAX), ENV_MAX),
  /** CID of the input directory; no bytes for none. */
  input: bytes(CID_BYTES_MAX)
})
export type Workload = Infer<typeof workloadType>

/** A buyer's signed request: workload, constraints, price ceiling. The same Demand goes to every replica of a job. */
export const demandType = struct('Demand', {
  /** Who signs this, the Agreement and the vouchers. */
  buyer: address(),
  /** The buyer's job id, chosen at random and stored before anything is sent. */
  job: hash(),
  workload: workloadType,
  resources: resourcesType,
  /** Longest the program may run, in seconds. */
  durationSec: uint(32),
  /** Most fuel the program may burn; zero where none is counted: then it is paid by time. Only `wasm` counts it. */
  fuel: uint(64),
  token: address(),
  /** Most one replica may cost. */
  priceMax: wei,
  /** A result after this time is of no use. */
  deadline: uint(64)
})
export type Demand = Infer<typeof demandType>
