// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice State of one channel, in one storage slot.
/// @param deposit everything ever put in and not refunded; `deposit - settled` is what the channel holds now
/// @param settled everything ever paid out to the payee; never falls, not even when the channel closes
/// @param closeAt UNIX second from which anyone may close it; zero means that nobody asked to
struct Channel {
    uint104 deposit;
    uint104 settled;
    uint48 closeAt;
}
