import { createNativeSigner } from '@archipel/client/node'
import { escrowAbi, testTokenAbi } from '@archipel/contracts'
import {
  type Address,
  type ChannelKey,
  channelId,
  createSigningDomain,
  type Hex,
  keccak,
  type Signer,
  type SigningDomain,
  sign,
  toHex,
  voucherType
} from '@archipel/protocol'
import { concat, Interface } from 'ethers'
import type { ModelVoucher, Outcome, Told } from './escrow-model.ts'
import type { Log } from './trace.ts'

export const escrowCalls = new Interface(escrowAbi)
export const tokenCalls = new Interface(testTokenAbi)

/** The chain that forge tests run on. */
const CHAIN_ID = 31337

export interface Person {
  readonly address: Address
  readonly signer: Signer
}

/** Somebody whose key follows from a name. */
export function personOf(name: string): Person {
  const signer = createNativeSigner(keccak(new TextEncoder().encode(`archipel trace: ${name}`)))
  return { signer, address: lower(signer.address) }
}

export const lower = (address: string): Address => address.toLowerCase() as Address

export const callOf = (method: string, ...args: readonly unknown[]): Hex =>
  escrowCalls.encodeFunctionData(method, args) as Hex

/** A key in the order of its Solidity struct. */
export const tupleOf = ({ payer, payee, token, arbiter, meta }: ChannelKey) => [payer, payee, token, arbiter, meta]

export const selectorOf = (error: string): Hex => escrowCalls.getError(error)!.selector as Hex

/** What a call answers, in bytes. */
export function answerOf(method: string, outcome: Outcome): Hex {
  const bytes = outcome.ok
    ? escrowCalls.encodeFunctionResult(method, outcome.returns)
    : escrowCalls.encodeErrorResult(outcome.error[0], outcome.error.slice(1))
  return bytes as Hex
}

export function logsOf(outcome: Outcome): Log[] {
  return outcome.ok ? outcome.events.map(logOf) : []
}

function logOf([name, ...args]: Told): Log {
  const { topics, data } = escrowCalls.encodeEventLog(name, args)
  return { topics, data }
}

export function createVouchers(escrow: Address) {
  const domain: SigningDomain = createSigningDomain(CHAIN_ID, escrow)
  /** 64 bytes, by whoever is told to sign. */
  function signatureOf({ key, cumulative, commitment }: ModelVoucher, by: Signer): Hex {
    const body = { channel: channelId(key), cumulative, commitment: commitment as Hex }
    return toHex(sign(by, domain, voucherType, body).signature)
  }
  return {
    domain,
    signatureOf,
    redeem(voucher: ModelVoucher, signature: Hex): Hex {
      const { key, cumulative, commitment } = voucher
      const halves = [signature.slice(0, 66), `0x${signature.slice(66)}`]
      return callOf('redeem', tupleOf(key), cumulative, commitment, halves)
    },
    redeemMany(first: ChannelKey, signed: readonly { voucher: ModelVoucher; signature: Hex }[]): Hex {
      const records = signed.map(({ voucher: { key, cumulative, commitment }, signature }) =>
        concat([key.payer, key.meta, `0x${cumulative.toString(16).padStart(32, '0')}`, commitment, signature])
      )
      return callOf('redeemMany', first.token, first.payee, first.arbiter, concat(records))
    }
  }
}
