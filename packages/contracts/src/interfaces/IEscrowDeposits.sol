// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";

/// @notice What the owner of tokens signed for Permit2: https://github.com/Uniswap/permit2
/// @param owner whose tokens move; approved Permit2 for the token at some time
/// @param nonce one of Permit2's own, unordered
/// @param deadline UNIX second until which it may be used
struct Permit2Terms {
    address owner;
    uint256 amount;
    uint256 nonce;
    uint256 deadline;
}

/// @notice What the owner of tokens signed for a token that knows EIP-3009.
/// @param from whose tokens move
/// @param validAfter UNIX second after which it may be used
/// @param validBefore UNIX second before which it may be used
/// @param salt any number: with the account that is credited it makes the nonce, see {nonceOfAuthorization}
struct Authorization {
    address from;
    uint256 amount;
    uint256 validAfter;
    uint256 validBefore;
    bytes32 salt;
}

/// @title How tokens come into the escrow
/// @notice Whatever way they come, an account is credited by what arrived, which is less than what was sent where a
/// token takes a fee. Those that carry a signature may be brought by anybody, because it says whom to credit.
interface IEscrowDeposits {
    /// @notice `amount` arrived from `from` and was added to the balance of `account`.
    event Deposited(address indexed token, address indexed account, address indexed from, uint256 amount);

    /// @notice Takes `amount` of `token` from the caller (who approved it) and credits `to` with what arrived.
    /// @return credited what arrived
    function deposit(address token, address to, uint256 amount) external returns (uint256 credited);

    /// @notice The same, with the approval as a signature of the caller (EIP-2612).
    /// @dev Goes on where the permit fails: somebody may have brought it already, to the same effect. The deposit then
    /// takes what the caller has approved, or fails for that. Only for the caller's own tokens, so that nobody can move
    /// those of somebody who approved more than was needed.
    function depositWithPermit(
        address token,
        address to,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 credited);

    /// @notice Takes tokens by a Permit2 signature and credits `to`. Anybody may bring it.
    /// @dev The signature's witness is `Deposit(address account,bytes32 channel)`: `to`, and zero for no channel.
    function depositWithPermit2(address token, address to, Permit2Terms calldata permit, bytes calldata signature)
        external
        returns (uint256 credited);

    /// @notice Takes tokens by a Permit2 signature and puts what arrived in a channel, opening it or topping it up.
    /// Anybody may bring it.
    /// @dev The signature's witness is `Deposit(address account,bytes32 channel)`: `key.payer`, and the channel's id.
    function depositAndOpenWithPermit2(ChannelKey calldata key, Permit2Terms calldata permit, bytes calldata signature)
        external
        returns (ChannelId id);

    /// @notice Takes tokens by an EIP-3009 signature of their owner (`ReceiveWithAuthorization`, to this contract) and
    /// credits `to`. Anybody may bring it.
    function depositWithAuthorization(
        address token,
        address to,
        Authorization calldata authorization,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint256 credited);

    /// @notice The nonce that an EIP-3009 signature must have to credit `to`: it is what binds the signature to the
    /// account, which the token knows nothing of.
    function nonceOfAuthorization(address to, bytes32 salt) external pure returns (bytes32 nonce);

    /// @notice Takes `amount` from the caller's tokens (approved before) and puts what arrived in the channel.
    function depositAndOpen(ChannelKey calldata key, uint256 amount) external returns (ChannelId id);
}
