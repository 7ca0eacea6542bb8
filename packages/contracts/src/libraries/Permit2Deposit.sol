// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPermit2} from "../interfaces/IPermit2.sol";
import {Permit2Terms} from "../interfaces/IEscrowDeposits.sol";
import {ChannelId} from "../types/ChannelId.sol";

/// @notice Takes tokens by Permit2. What its owner signs names the escrow as spender, and as witness the account that is
/// credited and the channel that the money goes into, so that whoever brings it cannot credit another.
library Permit2Deposit {
    /// @notice Where Permit2 is on every chain that has it.
    IPermit2 internal constant PERMIT2 = IPermit2(0x000000000022D473030F116dDEE9F6B43aC78BA3);

    string internal constant WITNESS_TYPE = "Deposit(address account,bytes32 channel)";
    bytes32 internal constant WITNESS_TYPEHASH = keccak256(bytes(WITNESS_TYPE));
    /// @dev The end of the type that Permit2 hashes, from the witness on.
    string private constant TYPE_END =
        "Deposit witness)Deposit(address account,bytes32 channel)TokenPermissions(address token,uint256 amount)";

    /// @param account who is credited; a channel's payer if `channel` is not zero
    function pull(
        address token,
        Permit2Terms calldata permit,
        address account,
        ChannelId channel,
        bytes calldata signature
    ) internal {
        PERMIT2.permitWitnessTransferFrom(
            IPermit2.PermitTransferFrom({
                permitted: IPermit2.TokenPermissions(token, permit.amount),
                nonce: permit.nonce,
                deadline: permit.deadline
            }),
            IPermit2.SignatureTransferDetails({to: address(this), requestedAmount: permit.amount}),
            permit.owner,
            keccak256(abi.encode(WITNESS_TYPEHASH, account, channel)),
            TYPE_END,
            signature
        );
    }
}
