// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {EscrowDeposits} from "./escrow/EscrowDeposits.sol";
import {EscrowOrders} from "./escrow/EscrowOrders.sol";
import {EscrowVouchers} from "./escrow/EscrowVouchers.sol";

/// @title Escrow
/// @notice Documented in {IEscrow}. This contract is nothing but its parts:
///
/// - {EscrowLedger}: what is kept, and how it moves within
/// - {EscrowDeposits}: how tokens come in
/// - {EscrowChannels}: how money is locked up towards a payee, and comes back
/// - {EscrowVouchers}: how a payee is paid
/// - {EscrowArbiters}: what the third party named in a channel may do
/// - {EscrowOrders}: what an account may have done by others, with a signature; and how tokens go out
///
/// @dev Functions that call a token are guarded against re-entrance, because what arrived is measured by the balance
/// before and after. The others move numbers between slots of this contract and call nobody (but, reading only, the
/// wallet whose signature they check), so they need no guard, and a token that calls them from within a transfer finds
/// every sum intact.
contract Escrow is EscrowDeposits, EscrowVouchers, EscrowOrders {
    constructor() EIP712("Archipel", "1") {}
}
