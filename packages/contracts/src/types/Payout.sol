// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Who should get how much of a slash, in the smallest unit of the bond's token.
struct Payout {
    address to;
    uint256 amount;
}
