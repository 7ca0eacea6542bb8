// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IEscrow} from "../interfaces/IEscrow.sol";
import {Signatures} from "../libraries/Signatures.sol";
import {VoucherBatch, VoucherBatches} from "../libraries/VoucherBatch.sol";
import {Vouchers} from "../libraries/Vouchers.sol";
import {Channel, ChannelSlot, Channels} from "../types/Channel.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {EscrowChannels} from "./EscrowChannels.sol";

/// @title How a payee turns vouchers into balance
abstract contract EscrowVouchers is EscrowChannels {
    using Signatures for bytes32;

    uint256 private immutable CHAIN_ID = block.chainid;
    bytes32 private immutable SEPARATOR = _domainSeparatorV4();

    /// @inheritdoc IEscrow
    function redeem(
        ChannelKey calldata key,
        uint128 cumulative,
        bytes32 commitment,
        CompactSignature calldata signature
    ) external returns (uint256 paid) {
        ChannelId id;
        Channel next;
        (id, next, paid) = _redeem(key, cumulative, commitment, signature);
        Channels.slotOf(id).state = next;
    }

    /// @inheritdoc IEscrow
    function redeemAndClose(
        ChannelKey calldata key,
        uint128 cumulative,
        bytes32 commitment,
        CompactSignature calldata signature
    ) external returns (uint256 paid, uint256 refunded) {
        if (msg.sender != key.payee) revert CallerNotParty(msg.sender);
        ChannelId id;
        Channel channel;
        (id, channel, paid) = _redeem(key, cumulative, commitment, signature);
        refunded = _refund(key, id, channel);
    }

    /// @inheritdoc IEscrow
    function redeemMany(address token, address payee, address arbiter, bytes calldata records)
        external
        returns (uint256 paid)
    {
        if (records.length == 0 || records.length % VoucherBatches.RECORD_BYTES != 0) {
            revert RecordsMalformed(records.length);
        }
        VoucherBatch batch = VoucherBatches.create(_domainSeparatorV4(), token, payee, arbiter);
        uint256 position;
        assembly ("memory-safe") {
            position := records.offset
        }
        // No sum of what a block can hold of 104-bit numbers comes near 256 bits, nor does any place in calldata.
        unchecked {
            uint256 end = position + records.length;
            for (; position != end; position += VoucherBatches.RECORD_BYTES) {
                (ChannelId id, uint256 promised) = batch.verify(position);
                ChannelSlot storage slot = Channels.slotOf(id);
                Channel channel = slot.state;
                uint256 due = Math.saturatingSub(channel.covered(promised), channel.settled());
                if (due == 0) {
                    emit VoucherSkipped(id, batch.cumulative(), _reasonToSkip(batch, promised, channel));
                    continue;
                }
                slot.state = channel.settling(due);
                batch.logRedeemed(id, due);
                paid += due;
            }
        }
        if (paid == 0) revert BatchPaysNothing();
        // Not kept on the stack through the loop, which would make each turn dearer.
        (token, payee) = batch.shared();
        _credit(token, payee, paid);
    }

    /// @return selector of the error that {redeem} answers to such a voucher
    function _reasonToSkip(VoucherBatch batch, uint256 promised, Channel channel)
        private
        pure
        returns (bytes4 selector)
    {
        if (promised != batch.cumulative()) return SignatureInvalid.selector;
        return promised <= channel.settled() ? VoucherNotIncreasing.selector : ChannelEmpty.selector;
    }

    /// @dev Pays what a voucher is worth.
    /// @return id the key's channel
    /// @return next its state, which the caller has to store
    /// @return paid what moved
    function _redeem(
        ChannelKey calldata key,
        uint128 cumulative,
        bytes32 commitment,
        CompactSignature calldata signature
    ) private returns (ChannelId id, Channel next, uint256 paid) {
        id = key.idOfCalldata();
        // What {EIP712} gives, for less: it also asks whether a proxy runs this code, which none is meant to.
        bytes32 separator = block.chainid == CHAIN_ID ? SEPARATOR : _domainSeparatorV4();
        bytes32 digest = Vouchers.digest(separator, id, cumulative, commitment);
        (address payer, address payee, address token) = key.accountsOfCalldata();
        address signer = key.meta.signerOr(payer);
        if (!digest.isSignedBy(signature.r, signature.vs, signer)) revert SignatureInvalid(signer);

        Channel channel = Channels.slotOf(id).state;
        uint256 covered = channel.covered(cumulative);
        uint256 settled = channel.settled();
        if (covered <= settled) {
            if (cumulative <= settled) revert VoucherNotIncreasing(settled, cumulative);
            revert ChannelEmpty(id);
        }
        unchecked {
            paid = covered - settled;
        }
        next = channel.settling(paid);
        _credit(token, payee, paid);
        emit Redeemed(id, paid, cumulative, commitment);
    }
}
