import { channelId, type Hex } from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChain } from '../../../src/chain/index.ts'
import { EVENTS_MAX, LOG_BLOCKS_MAX } from '../../../src/chain/limits.ts'
import { type Market, startMarket, TOKEN } from '../fixture.ts'
import { type Answer, forward, type Question, startEndpoint } from '../rpc/fake-endpoint.ts'

interface LogFilter {
  fromBlock: Hex
  toBlock: Hex
}

const LONG = Math.floor(2.5 * LOG_BLOCKS_MAX)

const toQuantity = (value: number): Hex => `0x${value.toString(16)}`

const rangeOf = ({ params }: Question): [number, number] => {
  const { fromBlock, toBlock } = params[0] as LogFilter
  return [Number(fromBlock), Number(toBlock)]
}

describe('reading history', () => {
  let market: Market
  beforeAll(async () => {
    market = await startMarket()
    const { alice, bob, keyTo, voucher } = market
    await alice.deposit(10n * TOKEN)
    await alice.openChannel(keyTo(bob.address!), 5n * TOKEN)
    await bob.redeem(voucher(keyTo(bob.address!), TOKEN))
    await bob.redeem(voucher(keyTo(bob.address!), 2n * TOKEN))
  })
  afterAll(() => market.anvil.stop())

  async function through<T>(
    answer: (question: Question) => Answer | Promise<Answer>,
    use: (chain: ReturnType<typeof createChain>) => Promise<T>
  ) {
    const endpoint = await startEndpoint(answer)
    const { chainId, escrow, token } = market.alice
    try {
      const outcome = await use(createChain({ rpcUrls: [endpoint.url], chainId, escrow, token })).catch(err => err)
      const ranges = endpoint.asked.filter(({ method }) => method === 'eth_getLogs').map(rangeOf)
      return { outcome, ranges }
    } finally {
      await endpoint.stop()
    }
  }

  const paidIn = (chain: ReturnType<typeof createChain>) =>
    chain.redeemedEvents(channelId(market.keyTo(market.bob.address!)), { fromBlock: 0 })

  /** The same chain as if it were two and a half chunks long, its last blocks empty. */
  async function asLongChain(question: Question): Promise<Answer> {
    const head = await market.alice.blockNumber()
    if (question.method === 'eth_blockNumber') return { result: toQuantity(LONG) }
    if (question.method !== 'eth_getLogs') return forward(market.anvil.url, question)
    const [from, to] = rangeOf(question)
    if (from > head) return { result: [] }
    const filter = { ...(question.params[0] as LogFilter), toBlock: toQuantity(Math.min(to, head)) }
    return forward(market.anvil.url, { ...question, params: [filter] })
  }

  it('asks for bounded chunks of blocks that leave none out', async () => {
    const { outcome, ranges } = await through(asLongChain, paidIn)
    expect(outcome).toHaveLength(2)
    expect(ranges).toEqual([
      [0, LOG_BLOCKS_MAX - 1],
      [LOG_BLOCKS_MAX, 2 * LOG_BLOCKS_MAX - 1],
      [2 * LOG_BLOCKS_MAX, LONG]
    ])
  })

  it('asks for smaller chunks where an endpoint takes no larger ones', async () => {
    const { outcome, ranges } = await through(question => {
      const [from, to] = question.method === 'eth_getLogs' ? rangeOf(question) : [0, 0]
      if (to - from + 1 > 1500) return { error: { code: -32005, message: 'query returned more than 10000 results' } }
      return asLongChain(question)
    }, paidIn)
    expect(outcome).toHaveLength(2)
    expect(ranges.slice(0, 4)).toEqual([
      [0, 4999],
      [0, 2499],
      [0, 1249],
      [1250, 2499]
    ])
    expect(ranges.at(-1)![1]).toBe(LONG)
  })

  it('gives up on an endpoint that refuses even one block', async () => {
    const { outcome, ranges } = await through(async question => {
      if (question.method === 'eth_getLogs') return { error: { code: -32601, message: 'no such method' } }
      return forward(market.anvil.url, question)
    }, paidIn)
    expect(outcome).toMatchObject({ code: 'E_RPC_ERROR' })
    expect(ranges).toHaveLength(1 + Math.ceil(Math.log2(LOG_BLOCKS_MAX)))
  })

  it('does not believe events of another contract, nor ones it cannot read', async () => {
    const forged = (change: Record<string, unknown>) => async (question: Question) => {
      const answer = await forward(market.anvil.url, question)
      if (question.method !== 'eth_getLogs') return answer
      const logs = (answer as { result: Record<string, unknown>[] }).result
      return { result: logs.map(log => ({ ...log, ...change })) }
    }
    const other = await through(forged({ address: market.alice.token }), paidIn)
    expect(other.outcome).toMatchObject({ code: 'E_RPC_BAD_REPLY' })
    const unread = await through(forged({ topics: [`0x${'ab'.repeat(32)}`] }), paidIn)
    expect(unread.outcome).toMatchObject({ code: 'E_RPC_BAD_REPLY' })
  })

  it('leaves out events that answer another question', async () => {
    const { outcome } = await through(async question => {
      if (question.method !== 'eth_getLogs') return forward(market.anvil.url, question)
      const { topics: _, ...filter } = question.params[0] as Record<string, unknown>
      return forward(market.anvil.url, { ...question, params: [filter] })
    }, paidIn)
    expect(outcome).toHaveLength(2)
  })

  it('holds a bounded number of events', async () => {
    const [first] = (await market.anvil.request('eth_getLogs', [
      { address: market.alice.escrow, fromBlock: '0x0', toBlock: 'latest' }
    ])) as Record<string, unknown>[]
    const { topics, data } = first!
    const short = {
      address: market.alice.escrow,
      topics,
      data,
      blockNumber: '0x1',
      transactionHash: '0x',
      logIndex: '0x0'
    }
    const perAnswer = 10_000
    const { outcome, ranges } = await through(
      async question => {
        if (question.method === 'eth_blockNumber') return { result: '0x10000000' }
        return question.method === 'eth_getLogs' ? { result: Array(perAnswer).fill(short) } : undefined
      },
      chain => chain.escrowEvents({ fromBlock: 0 })
    )
    expect(outcome).toMatchObject({ code: 'E_TOO_MANY_EVENTS', facts: { max: EVENTS_MAX } })
    expect(ranges).toHaveLength(EVENTS_MAX / perAnswer + 1)
    // Decoding them takes seconds, more on a busy computer.
  }, 60_000)
})
