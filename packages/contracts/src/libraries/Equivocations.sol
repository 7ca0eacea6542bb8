// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OfferHash} from "../messages/Offer.sol";
import {Receipt, ReceiptHash} from "../messages/Receipt.sol";

/// @notice Tells when two statements of one key contradict each other, and names that fault: the same name for whichever
/// two of any number of contradicting statements are shown, in whichever order.
library Equivocations {
    uint256 private constant OFFER_PROVIDER = 0;
    uint256 private constant OFFER_SEQUENCE = 2;

    /// @notice Two receipts with one number that state different work. To sign the same again at another time is clumsy
    /// and no lie.
    /// @dev Words that are not clean count as they are: nobody has signed such a receipt.
    function contradict(Receipt calldata first, Receipt calldata second) internal pure returns (bool) {
        return _words(first, 0, 2) == _words(second, 0, 2) && _words(first, 2, 9) != _words(second, 2, 9);
    }

    /// @notice Two offers of one provider with one sequence, given as their struct hashes and words.
    function contradict(bytes32 firstHash, bytes32[13] calldata first, bytes32 secondHash, bytes32[13] calldata second)
        internal
        pure
        returns (bool)
    {
        return first[OFFER_PROVIDER] == second[OFFER_PROVIDER] && first[OFFER_SEQUENCE] == second[OFFER_SEQUENCE]
            && firstHash != secondHash;
    }

    /// @notice EIP-712 struct hash of an offer given as its words.
    function hashOffer(bytes32[13] calldata words) internal pure returns (bytes32) {
        return keccak256(abi.encode(OfferHash.TYPEHASH, words));
    }

    /// @notice The account whose signature makes it an offer.
    function providerOf(bytes32[13] calldata words) internal pure returns (address) {
        return address(uint160(uint256(words[OFFER_PROVIDER])));
    }

    /// @notice All contradictions of one key in one agreement are one fault.
    function receiptFault(address key, bytes32 agreement) internal pure returns (bytes32) {
        return keccak256(abi.encode(ReceiptHash.TYPEHASH, key, agreement));
    }

    /// @notice All contradictions of one key under one sequence are one fault.
    function offerFault(address key, bytes32 sequence) internal pure returns (bytes32) {
        return keccak256(abi.encode(OfferHash.TYPEHASH, key, sequence));
    }

    function offerFault(bytes32[13] calldata words) internal pure returns (bytes32) {
        return offerFault(providerOf(words), words[OFFER_SEQUENCE]);
    }

    /// @dev Hash of the receipt's words from one up to another: agreement, sequence, kind, result, four of usage, amount.
    function _words(Receipt calldata receipt, uint256 from, uint256 to) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, sub(to, from))
            calldatacopy(free, add(receipt, shl(5, from)), size)
            hash := keccak256(free, size)
        }
    }
}
