import { CodedError, type Wei } from '@archipel/protocol'
import { FEE_HISTORY_BLOCKS, FEE_STEP_DENOMINATOR, FEE_STEP_NUMERATOR } from '../limits.ts'
import { type CallOptions, type Rpc, toQuantity } from '../rpc/rpc.ts'
import { isSilence } from '../rpc/rpc-errors.ts'

/** What one transaction offers for a unit of gas, in wei. */
export type Fees =
  | { readonly type: 2; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 0; readonly gasPrice: bigint }

/** What a unit of gas costs now, in wei. */
export interface FeeMarket {
  /** What the next block burns for each unit (EIP-1559); the whole gas price on older chains. */
  readonly baseFee: bigint
  /** What block builders got on top of late; 0 on older chains. */
  readonly tip: bigint
  /** The chain does not know EIP-1559. */
  readonly isLegacy: boolean
}

/** How much somebody is willing to pay for gas. */
export interface FeePolicy {
  /** Most that is ever offered for a unit of gas, tip included, in wei. Left out: whatever the chain asks for at first. */
  readonly maxFeePerGas?: bigint | undefined
  /** When the chain asks for more than that: `wait` until it asks for less, or `fail` at once. Default `wait`. */
  readonly whenAbove?: 'wait' | 'fail' | undefined
}

/** What an operation would cost now, in the chain's native coin. Data fees that some roll-ups add are not in it. */
export interface CostEstimate {
  readonly gas: bigint
  /** What it costs if it is mined soon. */
  readonly costWei: Wei
  /** What it could cost at most with the fees that it would be sent with at first. */
  readonly costMaxWei: Wei
}

/** What block builders are paid where no endpoint has an opinion: one gwei. */
const TIP_DEFAULT_WEI = 1_000_000_000n

/**
 * Reads the fees of the last blocks. Of several endpoints' opinions the lower middle one is taken: a tip is paid in full,
 * so one endpoint must not be able to make it up.
 *
 * @throws what {@link Rpc.survey} throws
 */
export async function readFeeMarket(rpc: Rpc, options?: CallOptions): Promise<FeeMarket> {
  const params = [toQuantity(FEE_HISTORY_BLOCKS), 'latest', [50]]
  const histories = (await rpc.survey('eth_feeHistory', params, options)).flatMap(({ reply }) =>
    'error' in reply ? [] : historyOf(reply.result)
  )
  if (histories.length === 0) return readPlainMarket(rpc, options)
  const baseFee = lowerMiddle(histories.map(history => history.baseFee))
  const tips = histories.flatMap(({ tip }) => (tip === undefined ? [] : [tip]))
  return { baseFee, tip: tips.length > 0 ? lowerMiddle(tips) : await readTip(rpc, options), isLegacy: false }
}

/** Fees that outlast five full blocks (each may raise the base fee by an eighth), but never above the ceiling. */
export function feesFor({ baseFee, tip, isLegacy }: FeeMarket, ceiling?: bigint): Fees {
  if (isLegacy) return { type: 0, gasPrice: least(baseFee, ceiling) }
  const maxFeePerGas = least(2n * baseFee + tip, ceiling)
  return { type: 2, maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) }
}

/**
 * Fees that replace `fees` in every pool: higher by an eighth, or what the market asks for if that is more.
 *
 * @returns undefined when that is above the ceiling
 */
export function raiseFees(fees: Fees, market: FeeMarket, ceiling?: bigint): Fees | undefined {
  const asked = feesFor(market)
  const maxFee = greatest(step(maxFeeOf(fees)), maxFeeOf(asked))
  const tip = greatest(step(tipOf(fees)), tipOf(asked))
  if (ceiling !== undefined && step(maxFeeOf(fees)) > ceiling) return undefined
  const maxFeePerGas = least(maxFee, ceiling)
  if (fees.type === 0) return { type: 0, gasPrice: maxFeePerGas }
  // The tip must rise by an eighth, too, or pools refuse the replacement.
  if (step(tipOf(fees)) > maxFeePerGas) return undefined
  return { type: 2, maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) }
}

/** What a unit of gas may cost at most with these fees. */
export function maxFeeOf(fees: Fees): bigint {
  return fees.type === 0 ? fees.gasPrice : fees.maxFeePerGas
}

/** What a unit of gas costs when it is mined in the next block. */
export function priceNow({ baseFee, tip }: FeeMarket): bigint {
  return baseFee + tip
}

/** The chain asks for more than the caller is willing to pay. Nothing was sent. */
export function aboveCeiling(operation: string, market: FeeMarket, ceiling: bigint): CodedError {
  return new CodedError('E_FEE_CEILING', `${operation}: gas costs more now than it may`, {
    facts: { operation, pricePerGas: priceNow(market), maxFeePerGas: ceiling, ...market },
    hint: 'wait until gas is cheaper, or allow a higher fee'
  })
}

function historyOf(result: unknown): { baseFee: bigint; tip: bigint | undefined }[] {
  try {
    const { baseFeePerGas, reward } = result as { baseFeePerGas: string[]; reward?: string[][] | null }
    // The last one is that of the block to come.
    const baseFee = BigInt(baseFeePerGas.at(-1) as string)
    if (baseFeePerGas.every(fee => BigInt(fee) === 0n)) return []
    const tips = (reward ?? []).map(([median]) => BigInt(median as string)).filter(tip => tip > 0n)
    return [{ baseFee, tip: tips.length === 0 ? undefined : lowerMiddle(tips) }]
  } catch {
    return []
  }
}

async function readPlainMarket(rpc: Rpc, options?: CallOptions): Promise<FeeMarket> {
  const block = (await rpc.request('eth_getBlockByNumber', ['latest', false], options)) as { baseFeePerGas?: string }
  if (block.baseFeePerGas === undefined) {
    return { baseFee: BigInt(String(await rpc.request('eth_gasPrice', [], options))), tip: 0n, isLegacy: true }
  }
  return { baseFee: BigInt(block.baseFeePerGas), tip: await readTip(rpc, options), isLegacy: false }
}

async function readTip(rpc: Rpc, options?: CallOptions): Promise<bigint> {
  try {
    return BigInt(String(await rpc.request('eth_maxPriorityFeePerGas', [], options)))
  } catch (err) {
    if (isSilence(err) || options?.signal?.aborted) throw err
    return TIP_DEFAULT_WEI
  }
}

function lowerMiddle(values: readonly bigint[]): bigint {
  const sorted = [...values].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return sorted[Math.floor((sorted.length - 1) / 2)] as bigint
}

function step(fee: bigint): bigint {
  return (fee * FEE_STEP_NUMERATOR + FEE_STEP_DENOMINATOR - 1n) / FEE_STEP_DENOMINATOR
}

function tipOf(fees: Fees): bigint {
  return fees.type === 0 ? 0n : fees.maxPriorityFeePerGas
}

const greatest = (a: bigint, b: bigint) => (a > b ? a : b)
const least = (a: bigint, b: bigint | undefined) => (b === undefined || a < b ? a : b)
