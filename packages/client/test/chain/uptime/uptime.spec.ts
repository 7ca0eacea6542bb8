import { uptimeAbi } from '@archipel/contracts'
import {
  type Address,
  type AgreedTerms,
  type ChannelKey,
  CodedError,
  channelId,
  createBondsDomain,
  createPureSigner,
  createSigningDomain,
  digestOf,
  encodeMeta,
  keccak,
  proveKeyPossession,
  recoverPure,
  type ServiceTerms,
  type Signer,
  type SigningDomain,
  serviceTermsType,
  sign,
  signTerms,
  uptimeTallyType,
  validateTally,
  validateTerms,
  type WitnessTally,
  worthOf,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KNOWN_ERRORS } from '../../../src/chain/contract/decode-revert.ts'
import { createBonds, createChain, createUptime, deployContracts, mintTestTokens } from '../../../src/chain/index.ts'
import { type Anvil, devSigner, startAnvil } from '../anvil.ts'

const TOKEN = 10n ** 18n
const INTERVAL_SEC = 60
const witnesses = ['a', 'b', 'c', 'd', 'e']
  .map(name => createPureSigner(keccak(new TextEncoder().encode(`witness ${name}`))))
  .sort((a, b) => (a.address < b.address ? -1 : 1))
/** alice buys; bob owns the node `node`. */
const [alice, bob, node] = [devSigner(1), devSigner(2), devSigner(3)]

async function errorOf(promise: Promise<unknown>): Promise<CodedError> {
  const err = await promise.then(
    () => new Error('did not throw'),
    err => err
  )
  expect(err).toBeInstanceOf(CodedError)
  return err
}

it('every error that Uptime declares is known', () => {
  const declared = uptimeAbi.filter(entry => entry.type === 'error').map(entry => entry.name)
  expect(declared.filter(name => !KNOWN_ERRORS.includes(name))).toEqual([])
})

describe('a service on a chain', () => {
  let anvil: Anvil
  let place: Awaited<ReturnType<typeof deployContracts>>
  let domain: SigningDomain
  let startsAt: number
  beforeAll(async () => {
    anvil = await startAnvil()
    place = await deployContracts({ rpcUrls: [anvil.url], chainId: anvil.chainId, signer: devSigner(0) })
    domain = createSigningDomain(anvil.chainId, place.escrow)
    for (const { address } of [alice, bob]) {
      await mintTestTokens({ ...where(), signer: devSigner(0), token: place.token, to: address, amount: 1000n * TOKEN })
    }
    await chain(alice).deposit(500n * TOKEN)
    const bonds = createBonds({ ...where(), ...place, signer: bob })
    await bonds.registerKey(proveKeyPossession(node, bob.address, createBondsDomain(anvil.chainId, place.bonds)))
    await bonds.bond(100n * TOKEN)
    await bonds.expose(place.uptime, 50n * TOKEN)
    startsAt = await chainTime()
  })
  afterAll(() => anvil.stop())

  const where = () => ({ rpcUrls: [anvil.url], chainId: anvil.chainId })
  const chain = (signer: Signer) => createChain({ ...where(), ...place, signer })
  const uptime = (signer?: Signer, changes: { uptime?: Address; bonds?: Address } = {}) =>
    createUptime({ ...where(), ...place, signer, ...changes })
  const chainTime = async () =>
    Number(((await anvil.request('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }).timestamp)

  async function passUntil(intervals: number): Promise<void> {
    await anvil.request('evm_setNextBlockTimestamp', [startsAt + intervals * INTERVAL_SEC])
    await anvil.request('evm_mine')
  }

  function serviceOf(salt: bigint, changes: Partial<ServiceTerms> = {}): { agreed: AgreedTerms; key: ChannelKey } {
    const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: 3600, salt })
    const key = { payer: alice.address, payee: bob.address, token: place.token, arbiter: place.uptime, meta }
    const terms: ServiceTerms = {
      deployment: `0x${'de'.repeat(32)}`,
      slot: 0,
      provider: node.address,
      payee: bob.address,
      token: place.token,
      channel: channelId(key),
      witnesses: witnesses.map(witness => witness.address),
      quorum: 3,
      startsAt,
      intervalSec: INTERVAL_SEC,
      intervalsMax: 100_000,
      pricePerInterval: TOKEN,
      creditPerInterval: 2n * TOKEN,
      ...changes
    }
    const agreed = {
      terms,
      buyerSignature: signTerms(alice, domain, terms),
      providerSignature: signTerms(node, domain, terms)
    }
    return { agreed, key }
  }

  function say(terms: ServiceTerms, up: number, down: number, through: number, places = [4, 0, 2]): WitnessTally[] {
    const body = { terms: digestOf(domain, serviceTermsType, terms), epoch: 1, up, down, through }
    return places.map(witness => ({ witness, tally: sign(witnesses[witness]!, domain, uptimeTallyType, { ...body }) }))
  }

  it('is judged by a contract that is recognised', async () => {
    await uptime().checkUptime()
    expect((await errorOf(uptime(undefined, { uptime: place.token }).checkUptime())).code).toBe('E_NO_CONTRACT')
    expect((await errorOf(uptime(undefined, { bonds: place.token }).checkUptime())).code).toBe('E_NO_CONTRACT')
  })

  it('is paid by the witnesses’ word and by the buyer’s, from one counter', async () => {
    const service = serviceOf(1n)
    const { terms } = service.agreed
    await chain(alice).openChannel(service.key, 50n * TOKEN)
    const id = validateTerms(service.agreed, service.key, { domain, recover: recoverPure, uptime: place.uptime })
    await passUntil(10)
    expect(await uptime().elapsedOnChain(terms)).toBe(10)
    const tallies = say(terms, 8, 1, 10)
    const nowSec = await chainTime()
    for (const { tally, witness } of tallies)
      validateTally(tally, witness, terms, { domain, recover: recoverPure, nowSec })

    const state = await uptime().serviceOf(id)
    expect(state).toEqual({ redeemed: 0n, credited: 0n, agreed: false, endedAt: undefined })
    const worth = worthOf(
      terms,
      tallies.map(({ tally }) => tally.body),
      10,
      state
    )
    const { paid } = await uptime(bob).redeemUptime(service, tallies)
    expect(paid).toBe(worth.toRedeem)
    expect(await chain(bob).escrowBalance(bob.address)).toBe(8n * TOKEN)
    expect(await uptime().serviceOf(id)).toMatchObject({ redeemed: 8n * TOKEN, agreed: true })

    const again = await errorOf(uptime(bob).redeemUptime(service, tallies, { agreedOnChain: true }))
    expect(again.code).toBe('E_NOTHING_TO_REDEEM')
    const own = { terms: id, epoch: 1, up: 9, down: 0, through: 10 }
    const byBuyer = sign(alice, domain, uptimeTallyType, own)
    expect((await uptime(bob).redeemBuyerTally(service, byBuyer, { agreedOnChain: true })).paid).toBe(TOKEN)

    const { paid: credited, owner } = await uptime(alice).creditDowntime(service, tallies)
    expect([credited, owner]).toEqual([2n * TOKEN, bob.address])
    const bonds = createBonds({ ...where(), ...place, signer: alice })
    expect(await bonds.claimable(alice.address)).toBe(2n * TOKEN)
    expect((await errorOf(uptime(alice).creditDowntime(service, tallies))).code).toBe('E_NOTHING_TO_REDEEM')
  })

  it('is refused with code and facts, at no cost', async () => {
    const service = serviceOf(2n)
    const { terms } = service.agreed
    const before = await chain(bob).nativeBalance(bob.address)
    const codeFor = async (tallies: WitnessTally[], changed = service) =>
      (await errorOf(uptime(bob).redeemUptime(changed, tallies))).code
    const elapsed = await uptime().elapsedOnChain(terms)
    expect(await errorOf(uptime(bob).redeemUptime(service, say(terms, 1, 0, 5, [0, 1])))).toMatchObject({
      code: 'E_QUORUM_MISSING',
      facts: { statements: 2n, quorum: 3n }
    })
    expect(await codeFor(say(terms, 1, 0, 5, [0, 0, 1]))).toBe('E_STATEMENTS_UNORDERED')
    expect(await codeFor(say(terms, 4, 4, 5))).toBe('E_TALLY_IMPOSSIBLE')
    expect(await codeFor(say(terms, 1, 0, elapsed + 5))).toBe('E_TALLY_AHEAD')
    expect(await codeFor(say(serviceOf(3n).agreed.terms, 1, 0, 5))).toBe('E_BAD_SIGNATURE')
    expect(await codeFor(say(terms, 0, 5, 5))).toBe('E_NOTHING_TO_REDEEM')
    expect(await codeFor(say(terms, 5, 0, 5))).toBe('E_CHANNEL_EXHAUSTED')
    const { agreed, key } = service
    expect(await codeFor(say(terms, 5, 0, 5), { agreed, key: serviceOf(3n).key })).toBe('E_TERMS_MISMATCH')
    const swapped = { ...agreed, buyerSignature: agreed.providerSignature }
    expect(await codeFor(say(terms, 5, 0, 5), { agreed: swapped, key })).toBe('E_NOT_AGREED')
    const minority = serviceOf(2n, { quorum: 2 })
    expect(await codeFor(say(minority.agreed.terms, 5, 0, 5), minority)).toBe('E_WITNESSES_INVALID')
    const endless = serviceOf(2n, { intervalsMax: 0 })
    expect(await codeFor(say(endless.agreed.terms, 0, 0, 0), endless)).toBe('E_TERMS_ABSURD')
    const unknown = serviceOf(2n, { provider: alice.address })
    expect((await errorOf(uptime(bob).endService(unknown))).code).toBe('E_NOT_AGREED')
    expect((await errorOf(uptime(alice).endService(service))).code).toBe('E_NOT_PARTY')
    expect(await chain(bob).nativeBalance(bob.address)).toBe(before)
    expect((await errorOf(uptime().redeemUptime(service, []))).code).toBe('E_NO_SIGNER')
  })

  it('ends for the provider when its buyer closes', async () => {
    const service = serviceOf(4n)
    const { terms } = service.agreed
    await chain(alice).openChannel(service.key, 50n * TOKEN)
    expect((await errorOf(uptime(bob).endService(service))).code).toBe('E_CHANNEL_FUNDED')
    await chain(alice).requestClose(service.key)
    const elapsed = await uptime().elapsedOnChain(terms)
    const { endedAt } = await uptime(bob).endService(service)
    expect(endedAt).toBe(elapsed)
    expect((await errorOf(uptime(bob).endService(service))).code).toBe('E_SERVICE_ENDED')
    await passUntil(elapsed + 10)
    const gone = await errorOf(uptime(alice).creditDowntime(service, say(terms, 0, 10, elapsed + 10)))
    expect(gone).toMatchObject({ code: 'E_TALLY_AHEAD', facts: { elapsed: BigInt(elapsed) } })
    // What was certified is paid until the channel is closed.
    expect((await uptime(bob).redeemUptime(service, say(terms, elapsed, 0, elapsed))).paid).toBe(
      BigInt(elapsed) * TOKEN
    )
  })
})
