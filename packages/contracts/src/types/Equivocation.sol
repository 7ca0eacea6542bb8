// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bid} from "../messages/Bid.sol";
import {Receipt} from "../messages/Receipt.sol";
import {ChannelKey} from "./ChannelKey.sol";

/// @notice Two receipts that `key` signed under one number of one agreement, and that do not say the same.
/// @param key the node key that signed both
/// @param firstSignature over the EIP-712 `Receipt`, 64 bytes (EIP-2098) or 65; the same goes for the other
struct ReceiptEquivocation {
    address key;
    Receipt first;
    Receipt second;
    bytes firstSignature;
    bytes secondSignature;
}

/// @notice Two offers that one provider signed under one sequence, each as its thirteen EIP-712 words: the fields in
/// their order, those of no fixed size as their hashes. So texts are neither sent nor parsed.
struct OfferEquivocation {
    bytes32[13] first;
    bytes32[13] second;
    bytes firstSignature;
    bytes secondSignature;
}

/// @notice Whose work the receipts were for. The agreement's id is the hash of this: of the demand that the bid answers,
/// of the bid, and of the channel.
/// @param bid its `priceMax` is the most that can have been lost
/// @param channel its payer was harmed, in its token
struct Harm {
    Bid bid;
    ChannelKey channel;
}
