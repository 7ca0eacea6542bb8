// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelId} from "./ChannelId.sol";
import {ChannelMeta} from "./ChannelMeta.sol";

/// @notice Everything that makes a channel what it is. Never stored: whoever calls gives it, its hash finds the state.
/// @param payer who gets back what was not paid, and signs vouchers unless `meta` names a signer
/// @param payee whose balance the vouchers pay
/// @param token the ERC-20 it is paid in
/// @param arbiter who may award the payee what the channel still holds, and delay a close; zero means nobody
/// @param meta signer, close delay and salt, see {ChannelMeta}
struct ChannelKey {
    address payer;
    address payee;
    address token;
    address arbiter;
    ChannelMeta meta;
}

using ChannelKeys for ChannelKey global;

library ChannelKeys {
    string internal constant TYPE =
        "ChannelKey(address payer,address payee,address token,address arbiter,bytes32 meta)";
    bytes32 internal constant TYPEHASH = keccak256(bytes(TYPE));

    /// @notice The key as part of what is signed (EIP-712); not its id.
    function hash(ChannelKey memory key) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, key));
    }

    /// @dev `keccak256(abi.encode(key))` without the copy: in memory a key already is its own encoding, five whole
    /// words.
    function id(ChannelKey memory key) internal pure returns (ChannelId channel) {
        assembly ("memory-safe") {
            channel := keccak256(key, 0xa0)
        }
    }

    /// @dev The same of a key that came as calldata, hashed as it came. Nothing checks that its addresses have only 160
    /// bits: one that does not is the key of a channel that never holds anything, because {id}, by which channels are
    /// funded, does check.
    function idOfCalldata(ChannelKey calldata key) internal pure returns (ChannelId channel) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, key, 0xa0)
            channel := keccak256(free, 0xa0)
        }
    }

    /// @dev Who is in a key that came as calldata, unchecked like {idOfCalldata}: means something only beside the id of a
    /// channel that holds something.
    function accountsOfCalldata(ChannelKey calldata key)
        internal
        pure
        returns (address payer, address payee, address token)
    {
        assembly ("memory-safe") {
            payer := calldataload(key)
            payee := calldataload(add(key, 0x20))
            token := calldataload(add(key, 0x40))
        }
    }

    /// @notice The account whose signature makes a voucher of this channel good.
    function voucherSigner(ChannelKey memory key) internal pure returns (address signer) {
        return key.meta.signerOr(key.payer);
    }
}
