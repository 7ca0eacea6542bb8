import { keccak, uintToBytes } from '../primitives/bytes.ts'
import { type Address, type ChannelId, fromHex, type Hash, sameHex, toHex, ZERO_ADDRESS } from '../primitives/hex.ts'
import { address, hash, type Infer, struct } from '../schema/index.ts'

/**
 * Identity of an on-chain deposit from one payer to one payee. Never stored on chain: always hashed again.
 * `arbiter` may settle disputes (zero: none yet). `meta` packs signer, close delay and salt: {@link encodeMeta}.
 */
export const channelKeyType = struct('ChannelKey', {
  payer: address(),
  payee: address(),
  token: address(),
  arbiter: address(),
  meta: hash()
})
export type ChannelKey = Infer<typeof channelKeyType>

export interface ChannelMeta {
  /** Who signs vouchers; zero means the payer itself. */
  signer: Address
  /** Seconds between a close request and the refund: the payee's time to redeem. */
  closeDelaySec: number
  /** Tells channels between the same parties apart. 0 … 2^64 − 1. */
  salt: bigint
}

/**
 * signer (20 bytes) ‖ closeDelaySec (uint32) ‖ salt (uint64).
 *
 * @throws RangeError when a part does not fit
 */
export function encodeMeta({ signer, closeDelaySec, salt }: ChannelMeta): Hash {
  const meta = new Uint8Array(32)
  meta.set(fromHex(signer, 20))
  meta.set(uintToBytes(BigInt(closeDelaySec), 4), 20)
  meta.set(uintToBytes(salt, 8), 24)
  return toHex(meta)
}

export function decodeMeta(meta: Hash): ChannelMeta {
  const bytes = fromHex(meta, 32)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    signer: toHex(bytes.subarray(0, 20)),
    closeDelaySec: view.getUint32(20),
    salt: view.getBigUint64(24)
  }
}

/** keccak256(abi.encode(payer, payee, token, arbiter, meta)), as Escrow.channelId computes it. */
export function channelId(key: ChannelKey): ChannelId {
  const words = [key.payer, key.payee, key.token, key.arbiter].flatMap(part => [new Uint8Array(12), fromHex(part, 20)])
  return toHex(keccak(...words, fromHex(key.meta, 32))) as ChannelId
}

/** The key whose vouchers the channel honours. */
export function channelSigner(key: ChannelKey): Address {
  const { signer } = decodeMeta(key.meta)
  return sameHex(signer, ZERO_ADDRESS) ? key.payer : signer
}
