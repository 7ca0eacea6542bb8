// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Cheque} from "../messages/Cheque.sol";
import {Opening} from "../messages/Opening.sol";
import {Withdrawal} from "../messages/Withdrawal.sol";
import {ChannelId} from "../types/ChannelId.sol";

/// @title What an account may have done by others, with a signature
/// @notice Openings, withdrawals and cheques are signed by the account whose balance they move (EIP-712, in this
/// contract's domain): by its key, or, where the account is a contract, as it likes (ERC-1271). Anybody may bring them.
/// Each has a nonce that the account uses once; nonces have no order, and those of the three kinds are the same.
///
/// Whoever wants to be paid for bringing an opening or a withdrawal has the account sign a fee, which goes to the balance
/// of whoever brings it.
interface IEscrowOrders {
    /// @notice `amount` moved from the balance of `payer` to that of `payee`.
    /// @param nonce of the cheque: tells it from all other cheques of this payer
    event ChequeCashed(address indexed payer, address indexed payee, address token, uint256 amount, uint256 nonce);

    /// @notice `amount` moved from the balance of `account` to that of `relayer`, who brought its order.
    event RelayerPaid(address indexed token, address indexed account, address indexed relayer, uint256 amount);

    /// @notice `account` will never use the nonces `256 * word + i` for which bit i of `mask` is set.
    event NoncesCancelled(address indexed account, uint256 word, uint256 mask);

    /// @notice The order was good before `expiresAt`, a UNIX second.
    error OrderExpired(uint256 expiresAt);

    /// @notice The account used the nonce for another order, or cancelled it.
    error NonceUsed(address account, uint256 nonce);

    /// @notice What `open` does, for the channel's payer, who signed it.
    /// @param signature of `order.channel.payer`
    function openWithSig(Opening calldata order, bytes calldata signature) external returns (ChannelId id);

    /// @notice What `withdraw` does, for the account that signed it.
    /// @param signature of `order.account`
    function withdrawFor(Withdrawal calldata order, bytes calldata signature) external;

    /// @notice Pays a cheque: once, in full, from the payer's balance to the payee's. There is no deposit behind it, so it
    /// bounces when the payer has spent its balance otherwise.
    /// @param signature of `cheque.payer`
    function cashCheque(Cheque calldata cheque, bytes calldata signature) external;

    /// @notice Makes nonces of the caller unusable, and so whatever it signed with them: see {NoncesCancelled}.
    function cancelNonces(uint256 word, uint256 mask) external;

    /// @notice Which nonces an account has used or cancelled: bit i of word w is nonce `256 * w + i`.
    function nonceBitmap(address account, uint256 word) external view returns (uint256);
}
