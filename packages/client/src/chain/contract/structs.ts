import type { Bid, ChannelKey, Receipt } from '@archipel/protocol'

/** Values in the order of a Solidity struct's fields, as ethers wants them. */
export function receiptArg({ agreement, sequence, kind, result, usage, amount, issuedAt }: Receipt): unknown[] {
  return [
    agreement,
    sequence,
    kind,
    result,
    [usage.runMs, usage.memoryBytes, usage.outputBytes, usage.fuel],
    amount,
    issuedAt
  ]
}

export function bidArg({ demand, provider, payee, startup, rate, priceMax, tickSec, expiresAt }: Bid): unknown[] {
  return [demand, provider, payee, startup, rate, priceMax, tickSec, expiresAt]
}

export function channelArg({ payer, payee, token, arbiter, meta }: ChannelKey): unknown[] {
  return [payer, payee, token, arbiter, meta]
}
