import { escrowBytecode } from '@archipel/contracts'
import { type Address, sameHex } from '@archipel/protocol'
import { getCreate2Address, keccak256, ZeroHash } from 'ethers'
import { CREATE2_DEPLOYER } from '../chain/index.ts'

/**
 * True when an address can hold nothing but the escrow this version was released with: the deployment proxy derives
 * addresses from the code. False says nothing: chains without that proxy have it elsewhere.
 */
export function isReleasedEscrow(address: Address): boolean {
  return sameHex(address, getCreate2Address(CREATE2_DEPLOYER, ZeroHash, keccak256(escrowBytecode)))
}
