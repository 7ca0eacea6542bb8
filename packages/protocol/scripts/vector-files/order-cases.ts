import { type Cheque, type Opening, type Withdrawal, ZERO_ADDRESS } from '../../src/index.ts'
import { buyer, MAX_ADDRESS, owner, testAddress, token, UINT64_MAX, UINT128_MAX } from './keys.ts'
import type { Cases } from './market-cases.ts'
import { channels } from './money-cases.ts'

const soon = 1_900_000_000

export const cheques: Cases<Cheque> = {
  plain: { payer: buyer.address, payee: owner, token, nonce: 7, amount: 1_114_318n, expiresAt: soon },
  zeros: { payer: ZERO_ADDRESS, payee: ZERO_ADDRESS, token: ZERO_ADDRESS, nonce: 0, amount: 0n, expiresAt: 0 },
  'largest numbers': {
    payer: MAX_ADDRESS,
    payee: MAX_ADDRESS,
    token: MAX_ADDRESS,
    nonce: UINT64_MAX,
    amount: UINT128_MAX,
    expiresAt: UINT64_MAX
  }
}

/** One for each channel of `channel.json`. */
export const openings: Cases<Opening> = Object.fromEntries(
  Object.entries(channels).map(([name, { key }]) => {
    if (name === 'zeros') return [name, { channel: key, amount: 0n, fee: 0n, nonce: 0, expiresAt: 0 }]
    if (name === 'largest numbers') {
      return [name, { channel: key, amount: UINT128_MAX, fee: UINT128_MAX, nonce: UINT64_MAX, expiresAt: UINT64_MAX }]
    }
    return [name, { channel: key, amount: 5_000_000n, fee: 1_000n, nonce: 8, expiresAt: soon }]
  })
)

export const withdrawals: Cases<Withdrawal> = {
  plain: {
    account: buyer.address,
    token,
    to: testAddress('cold wallet'),
    amount: 5_000_000n,
    fee: 0n,
    nonce: 9,
    expiresAt: soon
  },
  zeros: {
    account: ZERO_ADDRESS,
    token: ZERO_ADDRESS,
    to: ZERO_ADDRESS,
    amount: 0n,
    fee: 0n,
    nonce: 0,
    expiresAt: 0
  },
  'largest numbers': {
    account: MAX_ADDRESS,
    token: MAX_ADDRESS,
    to: MAX_ADDRESS,
    amount: UINT128_MAX,
    fee: UINT128_MAX,
    nonce: UINT64_MAX,
    expiresAt: UINT64_MAX
  }
}
