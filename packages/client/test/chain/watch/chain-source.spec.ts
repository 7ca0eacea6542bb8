import {
  type ChannelId,
  channelId,
  chequeType,
  createSigningDomain,
  type Hex,
  openingType,
  sign
} from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createChain, createChainWatcher, type EscrowEvent, type WatchFilter } from '../../../src/chain/index.ts'
import { WATCH_CHANNELS_BY_NAME_MAX } from '../../../src/chain/limits.ts'
import { type Market, startMarket, TOKEN } from '../fixture.ts'
import { startEndpoint } from '../rpc/fake-endpoint.ts'

describe('watching the escrow', () => {
  let market: Market
  const stranger = `0x${'5a'.repeat(20)}` as const
  beforeAll(async () => {
    market = await startMarket()
    const { alice, bob, keyTo, voucher } = market
    await alice.deposit(10n * TOKEN)
    await alice.openChannel(keyTo(stranger), TOKEN)
    await alice.openChannel(keyTo(bob.address!), 2n * TOKEN)
    await bob.redeem(voucher(keyTo(bob.address!), TOKEN))
    await bob.withdraw(TOKEN)
  })
  afterAll(() => market.anvil.stop())

  async function watch(filter?: WatchFilter): Promise<EscrowEvent[]> {
    const events: EscrowEvent[] = []
    const onBatch = ({ added }: { added: readonly { event: EscrowEvent }[] }) =>
      void events.push(...added.map(({ event }) => event))
    await createChainWatcher({ source: market.as().source, from: 0, filter, onBatch }).look()
    return events
  }
  const namesOf = (events: readonly EscrowEvent[]) => events.map(({ name }) => name)

  it('tells everything, as the history has it', async () => {
    expect(await watch()).toEqual(await market.alice.escrowEvents({ fromBlock: 0 }))
  })

  it('tells a payee of its channels and balance, and of no others', async () => {
    const events = await watch({ payee: market.bob.address })
    expect(namesOf(events)).toEqual(['ChannelOpened', 'ChannelFunded', 'Redeemed', 'Withdrawn'])
    const id = channelId(market.keyTo(market.bob.address!))
    for (const event of events) if ('id' in event) expect(event.id).toBe(id)
  })

  it('tells a payer of its channels and balance', async () => {
    expect(namesOf(await watch({ payer: market.alice.address }))).toEqual([
      'Deposited',
      'ChannelOpened',
      'ChannelFunded',
      'ChannelOpened',
      'ChannelFunded',
      'Redeemed'
    ])
  })

  it('tells of channels by their names', async () => {
    const channels = [channelId(market.keyTo(stranger))]
    expect(namesOf(await watch({ channels }))).toEqual(['ChannelOpened', 'ChannelFunded'])
    expect(namesOf(await watch({ channels: () => new Set(channels) }))).toEqual(['ChannelOpened', 'ChannelFunded'])
    expect(await watch({ channels: [] })).toEqual([])
  })

  it('tells of the same channels where there are too many to name', async () => {
    const named = Array.from({ length: WATCH_CHANNELS_BY_NAME_MAX }, (_, i): Hex => `0x${String(i).padStart(64, '0')}`)
    const channels = [...named, channelId(market.keyTo(stranger))] as ChannelId[]
    expect(namesOf(await watch({ channels }))).toEqual(['ChannelOpened', 'ChannelFunded'])
  })

  it('tells of cheques, gasless openings and what is redeemed and closed at once', async () => {
    const { alice, bob, aliceSigner, keyTo, voucher } = market
    const fromBlock = (await alice.blockNumber()) + 1
    const domain = createSigningDomain(alice.chainId, alice.escrow)
    const expiresAt = 4_000_000_000
    const [payer, payee] = [alice.address!, bob.address!]
    const order = { channel: keyTo(payee, 9n), amount: TOKEN, fee: 5n, nonce: 1, expiresAt }
    await bob.openWithSig(sign(aliceSigner, domain, openingType, order))
    await bob.redeemAndClose(voucher(keyTo(payee, 9n), 7n))
    const cheque = { payer, payee, token: alice.token, nonce: 2, amount: 3n, expiresAt }
    await bob.cashCheque(sign(aliceSigner, domain, chequeType, cheque))
    await alice.cancelNonces(0n, 8n)
    const since = (events: readonly EscrowEvent[]) => events.filter(({ blockNumber }) => blockNumber >= fromBlock)

    const all = await alice.escrowEvents({ fromBlock })
    const channel = ['ChannelOpened', 'ChannelFunded', 'RelayerPaid', 'Redeemed', 'ChannelClosed']
    expect(new Set(namesOf(all))).toEqual(new Set([...channel, 'ChequeCashed', 'NoncesCancelled']))
    expect(since(await watch())).toEqual(all)
    expect(since(await watch({ payer }))).toEqual(all)
    // The payee is told of the cheque to it; what the payer gave the relayer and cancelled is the payer's.
    const ofPayee = all.filter(({ name }) => name !== 'RelayerPaid' && name !== 'NoncesCancelled')
    expect(since(await watch({ payee }))).toEqual(ofPayee)
    expect(since(await watch({ payer, payee }))).toEqual(all)
    expect(since(await watch({ payee: stranger }))).toEqual([])
  })

  it('believes no endpoint that hides events', async () => {
    const hiding = await startEndpoint(async ({ method, params }) => {
      if (method === 'eth_getLogs') return { result: [] }
      return { result: await market.anvil.request(method, params) }
    })
    const { chainId, escrow, token } = market.alice
    try {
      const chain = createChain({ rpcUrls: [hiding.url, market.anvil.url], chainId, escrow, token })
      const watcher = createChainWatcher({ source: chain.source, from: 0, onBatch: () => {} })
      await expect(watcher.look()).rejects.toMatchObject({ code: 'E_RPC_DISAGREE', facts: { method: 'eth_getLogs' } })
    } finally {
      await hiding.stop()
    }
  })
})
