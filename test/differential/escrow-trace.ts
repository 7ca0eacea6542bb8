import {
  type Address,
  type ChannelKey,
  channelId,
  channelSigner,
  type Hex,
  toHex,
  uintToBytes,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { answerOf, callOf, createVouchers, logsOf, type Person, selectorOf, tokenCalls, tupleOf } from './calls.ts'
import * as escrow from './escrow-model.ts'
import { createOrders } from './orders.ts'
import { usedNonces } from './orders-model.ts'
import { createRandom, type Random } from './random.ts'
import type { Step, Trace, View } from './trace.ts'
import { badKey, createWorld, type World } from './world.ts'

/** What everybody has of each token: more than a channel can hold. */
const FORTUNE = 2n ** 126n
const UINT128_MAX = 2n ** 128n - 1n
const START_SEC = 1_800_000_000n
const DAY_SEC = 86_400n
const TARGET = { escrow: 0, usual: 1, fee: 2 } as const

interface Move {
  readonly method: string
  readonly calldata: Hex
  readonly outcome: escrow.Outcome
  readonly caller: Address
}

export interface TraceReport extends Trace {
  /** How often each method was called, and each error met. */
  readonly counts: ReadonlyMap<string, number>
}

/** Calls of the escrow that follow from the seed, with what the model says of each. */
export function createEscrowTrace(seed: number, steps: number): TraceReport {
  const random = createRandom(seed)
  const world = createWorld(random)
  const model = escrow.createEscrowModel(world.escrow)
  const held = new Map<Address, bigint>(world.tokens.map(token => [token, 0n]))
  const { views, read } = createViews(world, model, held)
  const counts = new Map<string, number>()
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  const trace: Step[] = supply(world).map(step => ({ ...step, state: read() }))
  const play = createPlayer(world, model, held, random)
  let nowSec = START_SEC
  while (trace.length < steps) {
    nowSec = later(nowSec, model, random)
    const { method, calldata, outcome, caller } = play(nowSec)
    count(method)
    if (!outcome.ok) count(outcome.error[0])
    for (const token of world.tokens) {
      const tokenOf = (id: string) => world.keys.find(key => world.ids.get(key) === id)!.token
      if (!escrow.isSolvent(model, token, tokenOf)) throw new Error(`the model lost money at step ${trace.length}`)
    }
    trace.push({
      caller,
      nowSec,
      target: TARGET.escrow,
      calldata,
      ok: outcome.ok,
      answer: answerOf(method, outcome),
      logs: logsOf(outcome),
      state: read(),
      about: `${method} by ${caller} at ${nowSec}: ${outcome.ok ? 'ok' : outcome.error.join(' ')}`
    })
  }
  return { contracts: [world.escrow, ...world.tokens], views, steps: trace, counts }
}

/** Everybody has tokens, and the escrow may take them. */
function supply({ people, tokens, escrow: to }: World): Omit<Step, 'state'>[] {
  const base = { nowSec: START_SEC, ok: true, logs: [] }
  const call = (target: number, caller: Address, method: string, args: unknown[], returns: unknown[]) => ({
    ...base,
    caller,
    target,
    calldata: tokenCalls.encodeFunctionData(method, args) as Hex,
    answer: tokenCalls.encodeFunctionResult(method, returns) as Hex,
    about: method
  })
  return people.flatMap(({ address }) =>
    tokens.flatMap((_, index) => [
      call(index + 1, address, 'mint', [address, FORTUNE], []),
      call(index + 1, address, 'approve', [to, 2n ** 256n - 1n], [true])
    ])
  )
}

/** All that anybody can read of the escrow. */
function createViews(world: World, model: escrow.EscrowModel, held: ReadonlyMap<Address, bigint>) {
  const views: View[] = []
  const readers: (() => bigint[])[] = []
  const add = (target: number, calldata: string, reader: () => bigint[]) => {
    views.push({ target, calldata: calldata as Hex })
    readers.push(reader)
  }
  world.tokens.forEach((token, index) => {
    const ofEscrow = tokenCalls.encodeFunctionData('balanceOf', [world.escrow])
    add(index + 1, ofEscrow, () => [held.get(token)!])
    add(TARGET.escrow, callOf('liabilities', token), () => [model.liabilities.get(token) ?? 0n])
    for (const { address } of [...world.people, world.arbiter, world.session]) {
      add(TARGET.escrow, callOf('balanceOf', token, address), () => [escrow.balanceOf(model, token, address)])
    }
  })
  for (const id of world.ids.values()) {
    add(TARGET.escrow, callOf('channels', id), () => {
      const { deposit, settled, closeAt } = escrow.channelOf(model, id)
      return [deposit, settled, closeAt]
    })
    add(TARGET.escrow, callOf('heldUntil', id), () => [escrow.channelOf(model, id).heldUntil])
  }
  for (const { address } of world.people) {
    for (const word of [0n, 1n]) {
      add(TARGET.escrow, callOf('nonceBitmap', address, word), () => [usedNonces(model, address, word)])
    }
  }
  const read = () => readers.flatMap(reader => reader().map(number => uintToBytes(number, 32)))
  return { views, read }
}

/** Mostly at once or soon; often exactly when something becomes possible, or a second before. */
function later(nowSec: bigint, model: escrow.EscrowModel, random: Random): bigint {
  if (random.chance(60)) return nowSec
  if (random.chance(50)) return nowSec + BigInt(random.below(5000))
  const edges = [...model.channels.values()].flatMap(({ closeAt, heldUntil }) =>
    closeAt === 0n ? [] : [closeAt, heldUntil, closeAt + escrow.HOLD_SEC_MAX]
  )
  if (edges.length === 0) return nowSec + 1n
  const edge = random.pick(edges) - BigInt(random.below(2))
  return edge > nowSec ? edge : nowSec + 1n
}

function createPlayer(world: World, model: escrow.EscrowModel, held: Map<Address, bigint>, random: Random) {
  const { people, tokens, keys } = world
  const vouchers = createVouchers(world.escrow)
  const everybody = [...people, world.arbiter, world.session]
  const anybody = () => random.pick(everybody).address
  const someKey = () => (random.chance(97) ? random.pick(keys) : badKey(world, random))
  const stateOf = (key: ChannelKey) => escrow.channelOf(model, channelId(key))
  /** Around `edge`, where rules change, or anywhere up to twice as much. */
  const around = (edge: bigint) => {
    if (random.chance(40)) return random.amount(2n * edge + 1n)
    const near = edge + BigInt(random.below(3)) - 1n
    return near < 0n ? 0n : near
  }
  const arrives = (token: Address, amount: bigint) => (token === tokens[1] ? amount - amount / 100n : amount)

  function take(token: Address, amount: bigint, outcome: escrow.Outcome): escrow.Outcome {
    if (outcome.ok) held.set(token, held.get(token)! + amount)
    return outcome
  }

  /** A voucher around what its channel holds, signed by whom it should, or not. */
  function voucherOf(key: ChannelKey) {
    const { deposit, settled } = stateOf(key)
    const edge = random.chance(50) ? settled : deposit
    const cumulative = random.chance(3)
      ? UINT128_MAX
      : random.chance(60)
        ? settled + random.amount(deposit)
        : around(edge)
    const signers = [...people, world.session, world.forger]
    const right = signers.find(({ address }) => address === channelSigner(key)) ?? world.forger
    const by: Person = random.chance(88) ? right : random.pick(signers)
    const voucher = {
      key,
      cumulative: cumulative > UINT128_MAX ? UINT128_MAX : cumulative,
      commitment: toHex(uintToBytes(random.amount(2n ** 255n), 32)),
      isAuthentic: by.address === channelSigner(key)
    }
    return { voucher, signature: vouchers.signatureOf(voucher, by.signer) }
  }

  const moves: Record<string, (nowSec: bigint) => Move> = {
    deposit() {
      const [caller, token] = [random.pick(people).address, random.pick(tokens)]
      const to = random.chance(95) ? anybody() : ZERO_ADDRESS
      const amount = random.amount(2n ** 105n)
      const arrived = arrives(token, amount)
      const outcome = take(token, arrived, escrow.deposit(model, { caller, nowSec: 0n }, token, to, arrived))
      return { method: 'deposit', calldata: callOf('deposit', token, to, amount), outcome, caller }
    },
    withdraw() {
      const [caller, token] = [anybody(), random.pick(tokens)]
      const to = random.chance(92) ? anybody() : random.pick([ZERO_ADDRESS, world.escrow])
      const amount = around(escrow.balanceOf(model, token, caller))
      const outcome = take(token, -amount, escrow.withdraw(model, { caller, nowSec: 0n }, token, to, amount))
      return { method: 'withdraw', calldata: callOf('withdraw', token, to, amount), outcome, caller }
    },
    open() {
      const key = someKey()
      const caller = random.chance(70) ? key.payer : anybody()
      const amount = random.chance(70)
        ? random.amount(escrow.balanceOf(model, key.token, caller))
        : around(escrow.balanceOf(model, key.token, caller))
      const outcome = escrow.open(model, { caller, nowSec: 0n }, key, amount)
      return { method: 'open', calldata: callOf('open', tupleOf(key), amount), outcome, caller }
    },
    depositAndOpen() {
      const key = someKey()
      const caller = random.pick(people).address
      const amount = random.chance(10) ? around(escrow.AMOUNT_MAX - stateOf(key).deposit) : random.amount(2n ** 80n)
      const arrived = arrives(key.token, amount)
      const outcome = take(key.token, arrived, escrow.depositAndOpen(model, { caller, nowSec: 0n }, key, arrived))
      return { method: 'depositAndOpen', calldata: callOf('depositAndOpen', tupleOf(key), amount), outcome, caller }
    },
    redeem() {
      const { voucher, signature } = voucherOf(random.pick(keys))
      const outcome = escrow.redeem(model, voucher)
      return { method: 'redeem', calldata: vouchers.redeem(voucher, signature), outcome, caller: anybody() }
    },
    redeemMany() {
      const first = random.pick(keys)
      const alike = keys.filter(
        ({ payee, token, arbiter }) => payee === first.payee && token === first.token && arbiter === first.arbiter
      )
      const batch = Array.from({ length: random.below(5) }, () => voucherOf(random.pick(alike)))
      const outcome = escrow.redeemMany(
        model,
        batch.map(({ voucher }) => voucher),
        selectorOf
      )
      return { method: 'redeemMany', calldata: vouchers.redeemMany(first, batch), outcome, caller: anybody() }
    },
    requestClose(nowSec) {
      const key = random.pick(keys)
      const caller = random.chance(75) ? random.pick([key.payer, channelSigner(key)]) : anybody()
      const outcome = escrow.requestClose(model, { caller, nowSec }, key)
      return { method: 'requestClose', calldata: callOf('requestClose', tupleOf(key)), outcome, caller }
    },
    close(nowSec) {
      const closing = keys.filter(key => stateOf(key).closeAt !== 0n)
      const key = closing.length > 0 && random.chance(80) ? random.pick(closing) : random.pick(keys)
      const caller = random.chance(20) ? key.payee : anybody()
      const outcome = escrow.close(model, { caller, nowSec }, key)
      return { method: 'close', calldata: callOf('close', tupleOf(key)), outcome, caller }
    },
    redeemByArbiter() {
      const key = random.pick(keys)
      const caller = random.chance(80) ? world.arbiter.address : anybody()
      const amount = around(escrow.leftIn(stateOf(key)))
      const ref = toHex(uintToBytes(BigInt(random.below(1000)), 32))
      const outcome = escrow.redeemByArbiter(model, { caller, nowSec: 0n }, key, amount, ref)
      return {
        method: 'redeemByArbiter',
        calldata: callOf('redeemByArbiter', tupleOf(key), amount, ref),
        outcome,
        caller
      }
    },
    hold(nowSec) {
      // Rather one that is closing: there a hold makes a difference.
      const closing = keys.filter(key => stateOf(key).closeAt !== 0n && key.arbiter !== ZERO_ADDRESS)
      const key = closing.length > 0 && random.chance(70) ? random.pick(closing) : random.pick(keys)
      const caller = random.chance(85) ? world.arbiter.address : anybody()
      const max = nowSec + escrow.HOLD_SEC_MAX
      const untilSec = random.chance(70) ? nowSec + random.amount(35n * DAY_SEC) : max + BigInt(random.below(3)) - 1n
      const outcome = escrow.hold(model, { caller, nowSec }, key, untilSec)
      return { method: 'hold', calldata: callOf('hold', tupleOf(key), untilSec), outcome, caller }
    },
    release() {
      const key = random.pick(keys)
      const caller = random.chance(85) ? world.arbiter.address : anybody()
      const outcome = escrow.release(model, { caller, nowSec: 0n }, key)
      return { method: 'release', calldata: callOf('release', tupleOf(key)), outcome, caller }
    }
  }
  const orders = createOrders(world, model, vouchers.domain, random)
  for (const [method, order] of Object.entries(orders)) {
    moves[method] = nowSec => {
      const { sent, ...move } = order({ caller: anybody(), nowSec })
      if (sent !== undefined) take(sent.token, -sent.amount, move.outcome)
      return move
    }
  }
  const line = Object.entries(WEIGHTS).flatMap(([method, weight]) => Array<string>(weight).fill(method))
  for (const method of Object.keys(moves)) if (!line.includes(method)) throw new Error(`${method} is never played`)
  return (nowSec: bigint): Move => moves[random.pick(line)]!(nowSec)
}

const WEIGHTS: Readonly<Record<string, number>> = {
  deposit: 8,
  withdraw: 5,
  open: 12,
  depositAndOpen: 8,
  redeem: 25,
  redeemMany: 10,
  requestClose: 8,
  close: 10,
  redeemByArbiter: 6,
  hold: 5,
  release: 3,
  cashCheque: 8,
  openWithSig: 6,
  withdrawFor: 5,
  cancelNonces: 2
}

/** Functions of the escrow that change something; a trace plays each. */
export const PLAYED = Object.keys(WEIGHTS)
