import {
  type Address,
  address,
  channelKeyType,
  digestOf,
  type Hex,
  type SigningDomain,
  struct,
  toHex,
  uint,
  wei,
  ZERO_ADDRESS
} from '@archipel/protocol'
import { callOf, type Person, tupleOf } from './calls.ts'
import type { EscrowModel, Moment, Outcome } from './escrow-model.ts'
import { balanceOf } from './escrow-model.ts'
import * as model from './orders-model.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

// As in packages/contracts/src/messages/. 64-bit numbers of orders are small here: JavaScript's numbers hold them.
const times = { nonce: uint(64), expiresAt: uint(64) }
const chequeType = struct('Cheque', {
  payer: address(),
  payee: address(),
  token: address(),
  nonce: times.nonce,
  amount: wei,
  expiresAt: times.expiresAt
})
const openingType = struct('Opening', { channel: channelKeyType, amount: wei, fee: wei, ...times })
const withdrawalType = struct('Withdrawal', {
  account: address(),
  token: address(),
  to: address(),
  amount: wei,
  fee: wei,
  ...times
})

/** Two words of the bitmap: few enough that nonces meet again. */
const NONCES = 512

export interface OrderMove {
  readonly method: string
  readonly calldata: Hex
  readonly outcome: Outcome
  readonly caller: Address
  /** What left the escrow, if it went well. */
  readonly sent: { readonly token: Address; readonly amount: bigint } | undefined
}

/** Makes up orders, signed by whom they should be, or not, and brought in time, or not. */
export function createOrders(world: World, state: EscrowModel, domain: SigningDomain, random: Random) {
  const everybody = [...world.people, world.arbiter, world.session]
  const anybody = () => random.pick(everybody).address
  const amountOf = (token: Address, account: Address) => {
    const balance = balanceOf(state, token, account)
    return random.chance(85) ? random.amount(balance / 2n) : balance + BigInt(random.below(2))
  }
  const feeOf = (token: Address, account: Address) =>
    random.chance(50) ? 0n : random.chance(85) ? random.amount(1000n) : balanceOf(state, token, account)
  const timesOf = (nowSec: bigint) => ({
    nonce: BigInt(random.below(NONCES)),
    expiresAt: nowSec + (random.chance(85) ? 1n + BigInt(random.below(1000)) : -BigInt(random.below(2)))
  })

  function signed(digest: Hex, account: Address): { signature: Hex; isAuthentic: boolean } {
    const signers: Person[] = [...everybody, world.forger]
    const right = signers.find(person => person.address === account) ?? world.forger
    const by = random.chance(90) ? right : world.forger
    return {
      signature: toHex(by.signer.sign(Buffer.from(digest.slice(2), 'hex'))),
      isAuthentic: by.address === account
    }
  }

  const plain = <T extends { nonce: bigint; expiresAt: bigint }>(order: T) => ({
    ...order,
    nonce: Number(order.nonce),
    expiresAt: Number(order.expiresAt)
  })

  return {
    cashCheque(moment: Moment): OrderMove {
      const [payer, token] = [random.pick(world.people).address, random.pick(world.tokens)]
      const payee = random.chance(95) ? anybody() : ZERO_ADDRESS
      const cheque = { payer, payee, token, amount: amountOf(token, payer), ...timesOf(moment.nowSec) }
      const { signature, isAuthentic } = signed(digestOf(domain, chequeType, plain(cheque)), payer)
      const tuple = [payer, payee, token, cheque.nonce, cheque.amount, cheque.expiresAt]
      return {
        method: 'cashCheque',
        calldata: callOf('cashCheque', tuple, signature),
        outcome: model.cashCheque(state, moment, cheque, isAuthentic),
        caller: moment.caller,
        sent: undefined
      }
    },
    openWithSig(moment: Moment): OrderMove {
      const channel = random.pick(world.keys)
      const [amount, fee] = [amountOf(channel.token, channel.payer), feeOf(channel.token, channel.payer)]
      const order = { channel, amount, fee, ...timesOf(moment.nowSec) }
      const { signature, isAuthentic } = signed(digestOf(domain, openingType, plain(order)), channel.payer)
      const tuple = [tupleOf(channel), amount, fee, order.nonce, order.expiresAt]
      return {
        method: 'openWithSig',
        calldata: callOf('openWithSig', tuple, signature),
        outcome: model.openWithSig(state, moment, order, isAuthentic),
        caller: moment.caller,
        sent: undefined
      }
    },
    withdrawFor(moment: Moment): OrderMove {
      const [account, token] = [random.pick(world.people).address, random.pick(world.tokens)]
      const to = random.chance(92) ? anybody() : random.pick([ZERO_ADDRESS, world.escrow])
      const [amount, fee] = [amountOf(token, account), feeOf(token, account)]
      const order = { account, token, to, amount, fee, ...timesOf(moment.nowSec) }
      const { signature, isAuthentic } = signed(digestOf(domain, withdrawalType, plain(order)), account)
      const tuple = [account, token, to, amount, fee, order.nonce, order.expiresAt]
      return {
        method: 'withdrawFor',
        calldata: callOf('withdrawFor', tuple, signature),
        outcome: model.withdrawFor(state, moment, order, isAuthentic),
        caller: moment.caller,
        sent: { token, amount }
      }
    },
    cancelNonces(moment: Moment): OrderMove {
      const word = BigInt(random.below(NONCES / 256))
      const mask = (1n << BigInt(random.below(256))) | BigInt(random.below(4))
      return {
        method: 'cancelNonces',
        calldata: callOf('cancelNonces', word, mask),
        outcome: model.cancelNonces(state, moment, word, mask),
        caller: moment.caller,
        sent: undefined
      }
    }
  }
}
