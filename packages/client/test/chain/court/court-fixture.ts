import {
  type AgreementId,
  agreementOfHarm,
  agreementType,
  type Bid,
  ballotsOf,
  bidType,
  type CaseFiling,
  type CaseStory,
  type ChannelKey,
  type ClaimStatement,
  channelId,
  createBondsDomain,
  createPureSigner,
  createSigningDomain,
  digestOf,
  encodeMeta,
  type Hash,
  headOf,
  keccak,
  proveKeyPossession,
  type Receipt,
  receiptType,
  type SecretChain,
  type Signed,
  type Signer,
  type SigningDomain,
  secretChain,
  sign,
  toHex,
  voteCommitment,
  voucherType,
  type Wei,
  ZERO_ADDRESS,
  ZERO_HASH
} from '@archipel/protocol'
import { expect } from 'vitest'
import {
  type Chain,
  type Court,
  type CourtInit,
  createBonds,
  createChain,
  createCourt,
  type Deployment,
  deployContracts,
  mintTestTokens,
  type Redeemable,
  SEAT_UNIT
} from '../../../src/chain/index.ts'
import { type Anvil, devSigner, startAnvil } from '../anvil.ts'

export const TOKEN = 10n ** 18n
export const QUANTUM = SEAT_UNIT / 20n
export const CLOSE_DELAY_SEC = 3600
/** What alice's channels hold, what the job costs, and at most may cost. */
export const DEPOSIT = 1_000n
export const DUE = 100n
const PRICE_MAX = 300n
export const SEATS_EACH = 4

export const word = (text: string): Hash => toHex(keccak(new TextEncoder().encode(text)))
const signerOf = (name: string): Signer => createPureSigner(keccak(new TextEncoder().encode(name)))

/** A job that alice had bob's node do on one channel: a final receipt of {@link DUE}, of which nothing was paid. */
export interface Job {
  readonly key: ChannelKey
  readonly bid: Bid
  readonly agreement: AgreementId
  readonly receipt: Signed<Receipt>
  filing(by: Signer): CaseFiling
}

/**
 * A fresh chain with a court of three jurors who have four seats each. alice buys, bob provides with the node `node`, and
 * both have stakes in the court.
 */
export interface CourtWorld {
  readonly anvil: Anvil
  readonly place: Deployment
  readonly domain: SigningDomain
  readonly alice: Signer
  readonly bob: Signer
  readonly node: Signer
  readonly jurors: readonly Signer[]
  readonly chain: (signer?: Signer) => Chain
  readonly court: (signer?: Signer, changes?: Partial<CourtInit>) => Court
  /** Opens a channel with `salt` and makes a job on it. */
  job(salt: bigint, changes?: { arbiter?: Hash; amount?: Wei; result?: Hash }): Promise<Job>
  /** Another agreement on the same channel. */
  again(job: Job, name: string, amount?: Wei): Promise<Job>
  voucher(key: ChannelKey, cumulative: Wei, commitment?: Hash): Redeemable
  claim(job: Job, statement?: Partial<ClaimStatement>): Promise<CaseStory>
  fault(job: Job): Promise<CaseStory>
  /** Lets the chain's clock run to `sec`, of the next block too. */
  passTo(sec: number): Promise<void>
  mine(blocks: number): Promise<void>
  nowSec(): Promise<number>
  /** The other side contests. */
  contest(story: CaseStory, key: ChannelKey): Promise<CaseStory>
  /** Both show their secrets once the block is there, which draws the jury. */
  draw(story: CaseStory): Promise<CaseStory>
  /** All drawn seats vote: `right` for the truth of the case, `wrong` for another, the rest each for its own. */
  voteAll(story: CaseStory, right: number, wrong: number): Promise<CaseStory>
  ownerOf(story: CaseStory, position: number): Promise<Signer>
  /** The case as read is the case as it was followed, and what the court remembers. */
  stands(story: CaseStory): Promise<CaseStory>
  /** All that is signed for is within the escrow: every balance and channel of it adds up to what it holds. */
  escrowConserved(keys: readonly ChannelKey[]): Promise<void>
  /** Every unit of stake is somebody's. @param pots what running cases hold, in quanta */
  conserved(pots: number): Promise<void>
}

export const CHAINS: Record<'alice' | 'bob', SecretChain> = {
  alice: secretChain(word("alice's secrets")),
  bob: secretChain(word("bob's secrets"))
}
export const OTHER_TRUTH = word('another truth')
export const SALT = word('salt of the votes')

export async function startCourtWorld(): Promise<CourtWorld> {
  const anvil = await startAnvil()
  const [deployer, alice, bob, node] = [devSigner(0), devSigner(1), devSigner(2), devSigner(3)]
  const jurors = ['one', 'two', 'three'].map(name => signerOf(`juror ${name}`))
  const where = { rpcUrls: [anvil.url], chainId: anvil.chainId }
  const place = await deployContracts({ ...where, signer: deployer })
  const domain = createSigningDomain(anvil.chainId, place.escrow)
  const chain = (signer?: Signer) => createChain({ ...where, ...place, signer })
  const court = (signer?: Signer, changes = {}) => createCourt({ ...where, ...place, signer, ...changes })
  const parties = [alice, bob, node, ...jurors]

  await Promise.all(
    jurors.map(({ address }) => anvil.request('anvil_setBalance', [address, `0x${(10n ** 20n).toString(16)}`]))
  )
  for (const { address } of parties) {
    await mintTestTokens({ ...where, signer: deployer, token: place.token, to: address, amount: 1000n * TOKEN })
  }
  await Promise.all([
    (async () => {
      await chain(alice).deposit(100_000n)
      await court(alice).deposit(200n * TOKEN)
    })(),
    (async () => {
      const bonds = createBonds({ ...where, ...place, signer: bob })
      await bonds.registerKey(proveKeyPossession(node, bob.address, createBondsDomain(anvil.chainId, place.bonds)))
      await bonds.bond(10_000n)
      await bonds.expose(place.court, 5_000n)
      await court(bob).deposit(200n * TOKEN)
    })(),
    ...jurors.map(async juror => {
      await court(juror).deposit(BigInt(SEATS_EACH) * SEAT_UNIT)
      await court(juror).sit(SEATS_EACH)
    })
  ])

  // Who sat down in the second of a challenge cannot judge it.
  await anvil.request('evm_increaseTime', [3600])
  await anvil.request('evm_mine')

  const nowSec = async () => {
    const block = (await anvil.request('eth_getBlockByNumber', ['latest', false])) as { timestamp: string }
    return Number(block.timestamp)
  }

  async function jobOn(key: ChannelKey, name: string, amount: Wei, result: Hash): Promise<Job> {
    const prices = { startup: 1n, rate: 1n, priceMax: PRICE_MAX }
    const bid: Bid = {
      demand: word(`demand of ${name}`),
      provider: node.address,
      payee: bob.address,
      ...prices,
      tickSec: 10,
      expiresAt: (await nowSec()) + 3600
    }
    const agreement = agreementOfHarm({ bid, channel: key }, domain)
    const receipt = sign(node, domain, receiptType, {
      agreement,
      sequence: 7,
      kind: 1,
      result,
      usage: { runMs: 1000, memoryBytes: 1 << 20, outputBytes: 5000, fuel: 0 },
      amount,
      issuedAt: await nowSec()
    })
    const body = { demand: bid.demand, bid: digestOf(domain, bidType, bid), channel: channelId(key) }
    const agreementSignature = sign(alice, domain, agreementType, body).signature
    return {
      key,
      bid,
      agreement,
      receipt,
      filing: by => ({ channel: key, bid, receipt, agreementSignature, anchor: anchorOf(by) })
    }
  }

  const nameOf = (address: Hash): 'alice' | 'bob' => (address === alice.address ? 'alice' : 'bob')
  const anchorOf = ({ address }: Signer) => CHAINS[nameOf(address)].anchor
  const secretOf = (address: Hash, round: number) => CHAINS[nameOf(address)].secrets[round]!

  async function stands(story: CaseStory): Promise<CaseStory> {
    const reads = court()
    expect(await reads.readCase(story.id, { fromBlock: 0 })).toEqual(story)
    const { head, outcome, awarded } = await reads.caseOf(story.id)
    expect({ outcome, awarded }).toEqual({ outcome: story.outcome, awarded: story.awarded })
    expect(head).toBe(outcome === 'none' ? headOf(story.facts, story.state) : undefined)
    const votes = outcome === 'none' ? ballotsOf(story.votes, story.state.round, story.facts.truth) : 0n
    expect(await reads.votesOf(story.id)).toBe(votes)
    return story
  }

  async function ownerOf({ state }: CaseStory, position: number): Promise<Signer> {
    const seat = await court().seatOf(state.seats[position]!)
    return jurors.find(({ address }) => address === seat!.owner)!
  }

  async function mineTo(blockNumber: number): Promise<void> {
    const missing = blockNumber - (await chain().blockNumber())
    if (missing > 0) await anvil.request('anvil_mine', [`0x${missing.toString(16)}`])
  }

  return {
    anvil,
    place,
    domain,
    alice,
    bob,
    node,
    jurors,
    chain,
    court,
    nowSec,
    async job(salt, { arbiter = place.court, amount = DUE, result = word('result') } = {}) {
      const meta = encodeMeta({ signer: ZERO_ADDRESS, closeDelaySec: CLOSE_DELAY_SEC, salt })
      const key = { payer: alice.address, payee: bob.address, token: place.token, arbiter, meta }
      await chain(alice).openChannel(key, DEPOSIT)
      return jobOn(key, `job ${salt}`, amount, result)
    },
    again: (job, name, amount = DUE) => jobOn(job.key, name, amount, job.receipt.body.result),
    voucher: (key, cumulative, commitment = ZERO_HASH) => voucherOf(alice, domain, key, cumulative, commitment),
    async claim(job, statement = {}) {
      const whole = { alreadyPaid: 0n, dataRoot: ZERO_HASH, dataChunks: 0, ...statement }
      return stands((await court(bob).claim(job.filing(bob), whole)).story)
    },
    fault: async job => stands((await court(alice).fault(job.filing(alice))).story),
    async passTo(sec) {
      await anvil.request('evm_setNextBlockTimestamp', [sec])
      await anvil.request('evm_mine')
    },
    async mine(blocks) {
      await anvil.request('anvil_mine', [`0x${blocks.toString(16)}`])
    },
    async contest(story, key) {
      const by = story.facts.kind === 'claim' ? alice : bob
      return stands((await court(by).challenge(story, key, anchorOf(by))).story)
    },
    async draw(story) {
      const { state } = story
      await mineTo(state.target + 1)
      const secrets = {
        plaintiff: secretOf(state.plaintiff, state.round),
        defendant: secretOf(state.defendant, state.round)
      }
      return stands((await court(alice).revealSecrets(story, secrets)).story)
    },
    async voteAll(story, right, wrong) {
      const truths = story.state.seats.map((_, position) => {
        if (position < right) return story.facts.truth
        return position < right + wrong ? OTHER_TRUTH : word(`own ${position}`)
      })
      let now = story
      for (const [position, truth] of truths.entries()) {
        const juror = await ownerOf(now, position)
        const vote = { id: now.id, round: now.state.round, juror: juror.address, seat: now.state.seats[position]! }
        const commitment = voteCommitment({ ...vote, truth, salt: SALT })
        now = (await court(juror).commitVote(now, position, commitment)).story
      }
      await stands(now)
      for (const [position, truth] of truths.entries()) {
        const juror = await ownerOf(now.state.seats.length === 0 ? story : now, position)
        now = (await court(juror).revealVote(now, { position, truth, salt: SALT })).story
        if (position === 0) await stands(now)
      }
      return stands(now)
    },
    ownerOf,
    stands,
    async escrowConserved(keys) {
      const reads = chain()
      const balances = await Promise.all([alice, bob].map(({ address }) => reads.escrowBalance(address)))
      const states = await Promise.all(keys.map(key => reads.channelState(channelId(key))))
      const owed = [...balances, ...states.map(({ deposit, settled }) => deposit - settled)]
      const liabilities = await reads.liabilities()
      expect(owed.reduce((sum, amount) => sum + amount, 0n)).toBe(liabilities)
      expect(await reads.tokenBalance(place.escrow)).toBe(liabilities)
    },
    async conserved(pots) {
      const reads = court()
      const accounts = await Promise.all(parties.map(({ address }) => reads.balanceOf(address)))
      const seats = await Promise.all(Array.from({ length: await reads.seatCount() }, (_, seat) => reads.seatOf(seat)))
      const owned = [...accounts, ...seats.map(seat => seat?.stake ?? 0n)].reduce((sum, amount) => sum + amount, 0n)
      const liabilities = await reads.liabilities()
      expect(owned + (await reads.burnt()) + BigInt(pots) * QUANTUM).toBe(liabilities)
      expect(await reads.stakeBalance(place.court)).toBe(liabilities)
    }
  }
}

function voucherOf(
  signer: Signer,
  domain: SigningDomain,
  key: ChannelKey,
  cumulative: Wei,
  commitment: Hash
): Redeemable {
  const body = { channel: channelId(key), cumulative, commitment }
  return { key, cumulative, commitment, signature: sign(signer, domain, voucherType, body).signature }
}
