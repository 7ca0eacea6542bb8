import { afterEach, describe, expect, it } from 'vitest'
import { createRpc, type RpcInit } from '../../../src/chain/rpc/rpc.ts'
import { type Answer, type FakeEndpoint, type Question, startEndpoint } from './fake-endpoint.ts'

const CHAIN = 31337
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

interface Says {
  head?: number
  timestampSec?: number
  balance?: string
}

/** An endpoint with a head and one answer to `eth_getBalance`; `says` may be changed while it runs. */
async function endpoint(says: Says, instead: (question: Question) => Answer | 'as usual' = () => 'as usual') {
  const started: FakeEndpoint = await startEndpoint(question => {
    const other = instead(question)
    if (other !== 'as usual') return other
    const { head = 100, timestampSec = head * 12, balance = '0x5' } = says
    if (question.method === 'eth_blockNumber') return { result: `0x${head.toString(16)}` }
    if (question.method === 'eth_getBalance') return { result: balance }
    if (question.method !== 'eth_getBlockByNumber') return undefined
    return { result: { number: `0x${head.toString(16)}`, timestamp: `0x${timestampSec.toString(16)}` } }
  })
  stops.push(started.stop)
  return started
}

const rpcOf = (endpoints: readonly { url: string }[], init: Partial<RpcInit> = {}) =>
  createRpc({ rpcUrls: endpoints.map(({ url }) => url), chainId: CHAIN, rpcTimeoutMs: 1_000, ...init })
const balance = { method: 'eth_getBalance', params: (block: string) => ['0x00', block] }
const blocksAsked = ({ asked }: FakeEndpoint) =>
  asked.filter(({ method }) => method === 'eth_getBalance').map(({ params }) => params[1])

describe('facts about money', () => {
  it('are what the only endpoint says of its newest block', async () => {
    const only = await endpoint({})
    expect(await rpcOf([only]).agree(balance)).toEqual(['0x5'])
    expect(only.asked.map(({ method }) => method)).toEqual(['eth_chainId', 'eth_getBalance'])
    expect(blocksAsked(only)).toEqual(['latest'])
  })

  it('are asked of two endpoints about a block that both have', async () => {
    const [ahead, behind] = [await endpoint({ head: 102 }), await endpoint({ head: 100 })]
    expect(await rpcOf([ahead, behind]).agree(balance)).toEqual(['0x5', '0x5'])
    expect([...blocksAsked(ahead), ...blocksAsked(behind)]).toEqual(['0x64', '0x64'])
  })

  it('are not believed when two contradict each other, and it is said who said what', async () => {
    const [honest, liar] = [await endpoint({}), await endpoint({ balance: '0xffff' })]
    await expect(rpcOf([honest, liar]).agree(balance)).rejects.toMatchObject({
      code: 'E_RPC_DISAGREE',
      facts: {
        method: 'eth_getBalance',
        block: 100,
        answers: expect.arrayContaining([
          { endpoint: honest.url, answer: '"0x5"' },
          { endpoint: liar.url, answer: '"0xffff"' }
        ])
      },
      hint: expect.any(String)
    })
  })

  it.each([
    ['another balance', { balance: '0xffff' }],
    ['a head of long ago', { head: 3, balance: '0x0' }],
    ['a head that nobody else has', { head: 1_000_000, balance: '0x0' }]
  ])('are believed when two of three say the same, and the third has %s', async (_, says) => {
    const endpoints = [await endpoint(says), await endpoint({}), await endpoint({})]
    expect(await rpcOf(endpoints).agree(balance)).toEqual(['0x5', '0x5'])
  })

  it('are not to be had when the two know different chains', async () => {
    const endpoints = [await endpoint({ head: 3 }), await endpoint({ head: 100 })]
    await expect(rpcOf(endpoints).agree(balance)).rejects.toMatchObject({
      code: 'E_RPC_DISAGREE',
      facts: { method: 'the newest block', answers: expect.any(Array) }
    })
  })

  it('are not to be had from one of two endpoints, unless one is said to be enough', async () => {
    const up = await endpoint({})
    const down = await endpoint({}, () => response => void response.destroy())
    await expect(rpcOf([down, up]).agree(balance)).rejects.toMatchObject({
      code: 'E_RPC_DOWN',
      facts: { answered: 1, needed: 2, endpoints: [{ endpoint: down.url, reason: expect.any(String) }] }
    })
    expect(await rpcOf([down, up], { rpcQuorum: 1 }).agree(balance)).toEqual(['0x5'])
  })

  it('do not wait for a slow third, nor for one that is down', async () => {
    const silent = await endpoint({}, ({ method }) => (method === 'eth_chainId' ? 'as usual' : undefined))
    const startedAt = performance.now()
    expect(await rpcOf([silent, await endpoint({}), await endpoint({})]).agree(balance)).toEqual(['0x5', '0x5'])
    expect(performance.now() - startedAt).toBeLessThan(900)
  })

  it('are asked again while a new block spreads', async () => {
    const late: Says = { balance: '0x4' }
    const endpoints = [await endpoint({}), await endpoint(late)]
    const answer = rpcOf(endpoints).agree(balance)
    await expect.poll(() => blocksAsked(endpoints[1]!).length).toBeGreaterThan(0)
    late.balance = '0x5'
    expect(await answer).toEqual(['0x5', '0x5'])
  })

  it("are not an endpoint's own limits: another one outvotes those, or they are passed on", async () => {
    const limit = ({ method }: Question): Answer | 'as usual' =>
      method === 'eth_getBalance' ? { error: { code: -32005, message: 'limit exceeded' } } : 'as usual'
    const limited = await endpoint({}, limit)
    const others = [await endpoint({}), await endpoint({})]
    expect(await rpcOf([limited, ...others]).agree(balance)).toEqual(['0x5', '0x5'])
    await expect(rpcOf([limited, others[0]!]).agree(balance)).rejects.toMatchObject({
      code: 'E_RPC_ERROR',
      facts: { error: { code: -32005 } }
    })
  })

  it('are never of an older block than one known to exist, until the chain turns out to be shorter', async () => {
    const says: Says = { head: 100 }
    const endpoints = [await endpoint(says), await endpoint(says)]
    const rpc = rpcOf(endpoints)
    rpc.atLeast(101)
    const answer = rpc.agree(balance)
    await expect.poll(() => endpoints[1]!.asked.length).toBeGreaterThan(1)
    says.head = 101
    await answer
    expect(blocksAsked(endpoints[0]!)).toEqual(['0x65'])
    says.head = 99
    await rpc.agree(balance)
    expect(blocksAsked(endpoints[0]!)).toEqual(['0x65', '0x63'])
  })
})

describe('an endpoint with an old head', () => {
  const nowMs = () => 1_000_000_000
  const fresh = { timestampSec: 1_000_000 - 60 }
  const old = { timestampSec: 1_000_000 - 61 }
  const init = { headAgeSecMax: 60, nowMs }
  const ask = (endpoints: readonly { url: string }[]) => rpcOf(endpoints, init).request('eth_getBalance', [])

  it('is not asked while another knows a recent block', async () => {
    const stale = await endpoint({ ...old, balance: '0x0' })
    expect(await ask([stale, await endpoint(fresh)])).toBe('0x5')
    expect(blocksAsked(stale)).toEqual([])
  })

  it('is why nothing is known when all are like that', async () => {
    const [one, two] = [await endpoint(old), await endpoint(old)]
    await expect(ask([one, two])).rejects.toMatchObject({
      code: 'E_CHAIN_STALE',
      facts: { chainId: CHAIN, headAgeSec: 61, headAgeSecMax: 60 },
      hint: expect.any(String)
    })
    await expect(rpcOf([one, two], init).agree(balance)).rejects.toMatchObject({ code: 'E_CHAIN_STALE' })
  })

  it('is asked again once it has caught up', async () => {
    const says: Says = { ...old }
    const rpc = rpcOf([await endpoint(says)], init)
    await expect(rpc.request('eth_getBalance', [])).rejects.toMatchObject({ code: 'E_CHAIN_STALE' })
    Object.assign(says, fresh)
    expect(await rpc.request('eth_getBalance', [])).toBe('0x5')
  })
})

describe('an endpoint that failed', () => {
  it('is asked after the others for a while', async () => {
    let isDown = true
    const flaky = await endpoint({ balance: '0x1' }, () => (isDown ? response => void response.destroy() : 'as usual'))
    const rpc = rpcOf([flaky, await endpoint({})])
    expect(await rpc.request('eth_getBalance', [])).toBe('0x5')
    isDown = false
    const before = flaky.asked.length
    expect(await rpc.request('eth_getBalance', [])).toBe('0x5')
    expect(flaky.asked).toHaveLength(before)
  })
})
