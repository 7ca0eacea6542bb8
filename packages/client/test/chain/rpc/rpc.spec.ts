import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { RPC_RESPONSE_BYTES_MAX } from '../../../src/chain/limits.ts'
import { createRpc } from '../../../src/chain/rpc/rpc.ts'
import { type Answer, type FakeEndpoint, type Question, startEndpoint } from './fake-endpoint.ts'

const CHAIN = 31337
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

async function endpoint(answer: (question: Question) => Answer): Promise<FakeEndpoint> {
  const started = await startEndpoint(answer)
  stops.push(started.stop)
  return started
}

const height = (result: string) => endpoint(({ method }) => (method === 'eth_blockNumber' ? { result } : undefined))

/** A port that nobody listens on any more. */
async function deadUrl(): Promise<string> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

function ask(rpcUrls: readonly string[], rpcTimeoutMs = 2_000): Promise<unknown> {
  return createRpc({ rpcUrls, chainId: CHAIN, rpcTimeoutMs }).request('eth_blockNumber', [])
}

describe('an RPC endpoint', () => {
  it('that is down is reported at once, by name, without its key, and silently', async () => {
    const log = ['log', 'warn', 'error'].map(name => vi.spyOn(console, name as 'log'))
    const url = await deadUrl()
    const startedAt = performance.now()
    await expect(ask([`${url}/v2/secret-key?token=secret`])).rejects.toMatchObject({
      code: 'E_RPC_DOWN',
      facts: { chainId: CHAIN, endpoints: [{ endpoint: url, reason: expect.stringContaining('ECONNREFUSED') }] },
      hint: expect.any(String)
    })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    for (const spy of log) expect(spy).not.toHaveBeenCalled()
  })

  it('that never answers is given up after the timeout', async () => {
    const silent = await endpoint(() => undefined)
    await expect(ask([silent.url], 500)).rejects.toMatchObject({ code: 'E_RPC_DOWN' })
    expect(silent.asked.map(({ method }) => method)).toEqual(['eth_chainId', 'eth_blockNumber'])
  })

  it('that stops in the middle of an answer is given up after the timeout', async () => {
    const half = await endpoint(() => response => void response.write('{"result":'))
    await expect(ask([half.url], 100)).rejects.toMatchObject({ code: 'E_RPC_DOWN' })
  })

  it('of another chain is refused before it is asked anything', async () => {
    const other = await endpoint(({ method }) => (method === 'eth_chainId' ? { result: '0x1' } : { result: '0x10' }))
    await expect(ask([other.url])).rejects.toMatchObject({
      code: 'E_WRONG_CHAIN',
      facts: { expected: CHAIN, actual: 1n, endpoint: other.url }
    })
    expect(other.asked).toHaveLength(1)
  })

  it.each<[string, Answer, string]>([
    ['not JSON', response => void response.end('<html>'), 'not a JSON-RPC answer'],
    ['JSON of another kind', response => void response.end('[1]'), 'not a JSON-RPC answer'],
    ['null', response => void response.end('null'), 'not a JSON-RPC answer'],
    ['an HTTP error', response => void response.writeHead(503).end('busy'), 'HTTP status 503'],
    ['nothing', response => void response.end(), 'not a JSON-RPC answer']
  ])('that answers with %s counts as down', async (_, answer, reason) => {
    const bad = await endpoint(({ method }) => (method === 'eth_blockNumber' ? answer : undefined))
    await expect(ask([bad.url])).rejects.toMatchObject({
      code: 'E_RPC_DOWN',
      facts: { endpoints: [{ reason: expect.stringContaining(reason) }] }
    })
  })

  it('may answer up to the bound and not one byte more', async () => {
    const padding = RPC_RESPONSE_BYTES_MAX - '{"result":""}'.length
    const big = (size: number) =>
      endpoint(({ method }) =>
        method === 'eth_chainId' ? undefined : response => void response.end(`{"result":"${'x'.repeat(size)}"}`)
      )
    expect(await ask([(await big(padding)).url])).toHaveLength(padding)
    await expect(ask([(await big(padding + 1)).url])).rejects.toMatchObject({
      facts: { endpoints: [{ reason: expect.stringContaining(String(RPC_RESPONSE_BYTES_MAX)) }] }
    })
  })

  it('that answers with an error is believed, and no other one is asked', async () => {
    const refusing = await endpoint(({ method }) =>
      method === 'eth_chainId' ? undefined : { error: { code: -32000, message: 'no', data: '0x01' } }
    )
    const other = await height('0x1')
    await expect(ask([refusing.url, other.url])).rejects.toMatchObject({
      code: 'E_RPC_ERROR',
      facts: { method: 'eth_blockNumber', error: { code: -32000, message: 'no', data: '0x01' } }
    })
    expect(other.asked).toHaveLength(0)
  })
})

describe('several RPC endpoints', () => {
  it('are tried in turn, and the one that answered is asked first from then on', async () => {
    const dead = await deadUrl()
    const wrong = await endpoint(({ method }) => (method === 'eth_chainId' ? { result: '0x1' } : { result: '0x5' }))
    const good = await height('0x7')
    const rpc = createRpc({ rpcUrls: [dead, wrong.url, good.url], chainId: CHAIN })
    expect(await rpc.request('eth_blockNumber', [])).toBe('0x7')
    expect(await rpc.request('eth_blockNumber', [])).toBe('0x7')
    expect(wrong.asked).toHaveLength(1)
    expect(good.asked.map(({ method }) => method)).toEqual(['eth_chainId', 'eth_blockNumber', 'eth_blockNumber'])
  })

  it('are asked for their chain again after they failed', async () => {
    let failing = false
    let chainId = '0x7a69'
    const flaky = await endpoint(({ method }) => {
      if (method === 'eth_chainId') return { result: chainId }
      return failing ? response => void response.destroy() : { result: '0x1' }
    })
    const rpc = createRpc({ rpcUrls: [flaky.url], chainId: CHAIN })
    expect(await rpc.request('eth_blockNumber', [])).toBe('0x1')
    failing = true
    await expect(rpc.request('eth_blockNumber', [])).rejects.toMatchObject({ code: 'E_RPC_DOWN' })
    failing = false
    chainId = '0x2'
    await expect(rpc.request('eth_blockNumber', [])).rejects.toMatchObject({ code: 'E_WRONG_CHAIN' })
  })

  it('are asked a second time when a connection breaks, before another is', async () => {
    let breaks = 0
    const nervous = await endpoint(({ method }) => {
      if (method === 'eth_chainId') return undefined
      return breaks-- > 0 ? response => void response.destroy() : { result: '0x1' }
    })
    const other = await height('0x2')
    const rpc = createRpc({ rpcUrls: [nervous.url, other.url], chainId: CHAIN })
    await rpc.request('eth_blockNumber', [])
    breaks = 1
    expect(await rpc.request('eth_blockNumber', [])).toBe('0x1')
    breaks = 2
    expect(await rpc.request('eth_blockNumber', [])).toBe('0x2')
  })

  it('stop being asked when the caller gives up', async () => {
    const silent = await endpoint(() => undefined)
    const other = await height('0x1')
    const controller = new AbortController()
    const rpc = createRpc({ rpcUrls: [silent.url, other.url], chainId: CHAIN })
    const asking = rpc.request('eth_blockNumber', [], { signal: controller.signal })
    const reason = new Error('enough')
    await vi.waitFor(() => expect(silent.asked).toHaveLength(2))
    controller.abort(reason)
    await expect(asking).rejects.toBe(reason)
    expect(other.asked).toHaveLength(0)
  })
})
