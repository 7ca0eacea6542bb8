// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../interfaces/IEscrow.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {Vouchers} from "./Vouchers.sol";

/// @notice Memory in which the vouchers of one batch are checked one after the other. What they share is written once;
/// each record overwrites the rest. Whatever is hashed together, or given to the precompile, lies side by side:
///
///     0x000  payer ‖ payee ‖ token ‖ arbiter ‖ meta                 the channel's key
///     0x0a0  type hash ‖ channel ‖ cumulative ‖ commitment          the voucher, as EIP-712 hashes it
///     0x13e  0x1901 ‖ domain ‖ hash of the voucher                  what is signed
///     0x180  digest ‖ v ‖ r ‖ s                                     what the precompile takes
type VoucherBatch is uint256;

using VoucherBatches for VoucherBatch global;

library VoucherBatches {
    /// @notice Bytes of one record: what the batch shares is left out, and the rest packed without padding.
    ///
    ///     payer 20 ‖ meta 32 ‖ cumulative 16 ‖ commitment 32 ‖ r 32 ‖ yParityAndS 32 (EIP-2098)
    uint256 internal constant RECORD_BYTES = 164;

    uint256 private constant ECRECOVER = 1;

    function create(bytes32 domain, address token, address payee, address arbiter)
        internal
        pure
        returns (VoucherBatch batch)
    {
        bytes32 typehash = Vouchers.TYPEHASH;
        assembly ("memory-safe") {
            batch := mload(0x40)
            mstore(0x40, add(batch, 0x200))
            mstore(add(batch, 0x20), payee)
            mstore(add(batch, 0x40), token)
            mstore(add(batch, 0x60), arbiter)
            mstore(add(batch, 0xa0), typehash)
            mstore(add(batch, 0xe0), 0)
            mstore(add(batch, 0x120), 0x1901)
            mstore(add(batch, 0x140), domain)
        }
    }

    /// @notice Reads the record at `position` of the calldata.
    /// @dev Past the end there are zeros: the caller checks the length first.
    ///
    /// The precompile answers nothing, instead of 32 bytes, to what is no good signature. It takes the twin that every
    /// signature has, with s on the other side of half the group's order, which EIP-2 bans; but EIP-2098 has no room for
    /// it: s has 255 bits there, and half the order is so near 2^255 that one in 2^127 would fit between.
    /// @return channel the record's channel
    /// @return promised what its voucher promises; zero if the channel's signer did not sign that
    function verify(VoucherBatch batch, uint256 position) internal view returns (ChannelId channel, uint256 promised) {
        assembly ("memory-safe") {
            let payer := shr(96, calldataload(position))
            let meta := calldataload(add(position, 20))
            let vs := calldataload(add(position, 132))
            let signer := shr(96, meta)
            signer := or(signer, mul(iszero(signer), payer))

            mstore(batch, payer)
            mstore(add(batch, 0x80), meta)
            channel := keccak256(batch, 0xa0)

            // The first half of the cumulative's word stays zero; the commitment comes right after it, here as there.
            calldatacopy(add(batch, 0xf0), add(position, 52), 48)
            mstore(add(batch, 0xc0), channel)
            mstore(add(batch, 0x160), keccak256(add(batch, 0xa0), 0x80))

            mstore(add(batch, 0x180), keccak256(add(batch, 0x13e), 0x42))
            mstore(add(batch, 0x1a0), add(27, shr(255, vs)))
            mstore(add(batch, 0x1c0), calldataload(add(position, 100)))
            mstore(add(batch, 0x1e0), shr(1, shl(1, vs)))
            pop(staticcall(gas(), ECRECOVER, add(batch, 0x180), 0x80, 0, 0x20))
            let good := and(eq(returndatasize(), 0x20), eq(mload(0), signer))
            promised := mul(good, mload(add(batch, 0xe0)))
        }
    }

    /// @notice What the whole batch is paid in, and to whom.
    function shared(VoucherBatch batch) internal pure returns (address token, address payee) {
        assembly ("memory-safe") {
            payee := mload(add(batch, 0x20))
            token := mload(add(batch, 0x40))
        }
    }

    /// @notice What the record verified last says that it promises, signed or not.
    function cumulative(VoucherBatch batch) internal pure returns (uint256 amount) {
        assembly ("memory-safe") {
            amount := mload(add(batch, 0xe0))
        }
    }

    /// @notice Logs that the voucher verified last paid `paid`.
    /// @dev Equal to `emit IEscrow.Redeemed(channel, paid, cumulative, commitment)`: two of the event's three words are
    /// where they belong already, and the third takes the place of the channel's id.
    function logRedeemed(VoucherBatch batch, ChannelId channel, uint256 paid) internal {
        bytes32 topic = IEscrow.Redeemed.selector;
        assembly ("memory-safe") {
            mstore(add(batch, 0xc0), paid)
            log2(add(batch, 0xc0), 0x60, topic, channel)
        }
    }
}
