import { afterEach, describe, expect, it } from 'vitest'
import { createRpc } from '../../../src/chain/rpc/rpc.ts'
import { feesFor, raiseFees, readFeeMarket } from '../../../src/chain/transactions/fees.ts'
import { type Answer, type Question, startEndpoint } from '../rpc/fake-endpoint.ts'
import { fees, GWEI, market } from './tx-fixture.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function read(...answers: ((question: Question) => Answer)[]) {
  const endpoints = await Promise.all(answers.map(startEndpoint))
  stops.push(...endpoints.map(({ stop }) => stop))
  return readFeeMarket(createRpc({ rpcUrls: endpoints.map(({ url }) => url), chainId: 31337 }))
}

const hex = (value: bigint) => `0x${value.toString(16)}`
const history =
  (baseFees: readonly bigint[], tips?: readonly bigint[]) =>
  ({ method }: Question): Answer => {
    if (method === 'eth_maxPriorityFeePerGas') return { result: hex(3n * GWEI) }
    if (method !== 'eth_feeHistory') return undefined
    const reward = tips?.map(tip => [hex(tip)])
    return { result: { oldestBlock: '0x1', baseFeePerGas: baseFees.map(hex), ...(reward ? { reward } : {}) } }
  }
const old = ({ method }: Question): Answer => {
  if (method === 'eth_chainId') return undefined
  if (method === 'eth_getBlockByNumber') return { result: { number: '0x1' } }
  return method === 'eth_gasPrice' ? { result: hex(7n) } : { error: { code: -32601, message: 'no such method' } }
}

describe('the fee market', () => {
  it('is the base fee of the block to come and the middle of what others tipped', async () => {
    const tips = [0n, 9n, 1n, 2n]
    expect(await read(history([1n, 2n, 5n], tips))).toEqual({ baseFee: 5n, tip: 2n, isLegacy: false })
  })

  it('takes the tip that the endpoint advises where nobody paid one', async () => {
    expect(await read(history([5n], [0n, 0n]))).toMatchObject({ baseFee: 5n, tip: 3n * GWEI })
    expect(await read(history([5n]))).toMatchObject({ tip: 3n * GWEI })
  })

  it('is the lower middle of what several endpoints say: one cannot make it up', async () => {
    const liar = history([1_000_000n], [1_000_000n])
    expect(await read(liar, history([5n], [2n]), history([6n], [3n]))).toMatchObject({ baseFee: 6n, tip: 3n })
    expect(await read(liar, history([5n], [2n]))).toMatchObject({ baseFee: 5n, tip: 2n })
  })

  it('is read from the newest block where there is no history', async () => {
    const plain = (question: Question): Answer => {
      if (question.method === 'eth_getBlockByNumber') return { result: { baseFeePerGas: hex(8n) } }
      return old(question)
    }
    expect(await read(plain)).toEqual({ baseFee: 8n, tip: GWEI, isLegacy: false })
  })

  it('is one price on a chain without EIP-1559', async () => {
    expect(await read(old)).toEqual({ baseFee: 7n, tip: 0n, isLegacy: true })
  })

  it('is not taken from nonsense', async () => {
    const nonsense = ({ method }: Question): Answer =>
      method === 'eth_feeHistory' ? { result: { baseFeePerGas: ['lots'] } } : old({ method, params: [] })
    expect(await read(nonsense)).toMatchObject({ isLegacy: true })
  })
})

describe('fees', () => {
  it('outlast a doubling of the base fee, below the ceiling', () => {
    expect(feesFor(market)).toEqual({ type: 2, maxFeePerGas: 21n * GWEI, maxPriorityFeePerGas: GWEI })
    expect(feesFor(market, 15n * GWEI)).toMatchObject({ maxFeePerGas: 15n * GWEI, maxPriorityFeePerGas: GWEI })
    expect(feesFor(market, 5n)).toMatchObject({ maxFeePerGas: 5n, maxPriorityFeePerGas: 5n })
    const legacy = { baseFee: 7n, tip: 0n, isLegacy: true }
    expect(feesFor(legacy)).toEqual({ type: 0, gasPrice: 7n })
    expect(feesFor(legacy, 5n)).toEqual({ type: 0, gasPrice: 5n })
  })

  it('rise by an eighth at least, both of them, rounded up', () => {
    const odd = { type: 2, maxFeePerGas: 9n, maxPriorityFeePerGas: 3n } as const
    const calm = { baseFee: 1n, tip: 1n, isLegacy: false }
    expect(raiseFees(odd, calm)).toEqual({ type: 2, maxFeePerGas: 11n, maxPriorityFeePerGas: 4n })
    expect(raiseFees({ type: 0, gasPrice: 9n }, calm)).toEqual({ type: 0, gasPrice: 11n })
  })

  it('do not rise where the ceiling leaves no room for a step that pools take', () => {
    const step = (21n * GWEI * 9n) / 8n
    expect(raiseFees(fees, market, step)).toMatchObject({ maxFeePerGas: step })
    expect(raiseFees(fees, market, step - 1n)).toBeUndefined()
    const allTip = { type: 2, maxFeePerGas: 8n, maxPriorityFeePerGas: 8n } as const
    expect(raiseFees(allTip, { baseFee: 0n, tip: 0n, isLegacy: false }, 9n)).toMatchObject({ maxPriorityFeePerGas: 9n })
  })
})
