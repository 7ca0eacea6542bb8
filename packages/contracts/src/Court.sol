// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CourtEndings} from "./court/CourtEndings.sol";
import {CourtLedger} from "./court/CourtLedger.sol";
import {CourtRecords} from "./court/CourtRecords.sol";
import {EscrowDomain} from "./libraries/EscrowDomain.sol";

/// @title Court
/// @dev Its parts, in the order in which a case goes through them: ledger, seats, records, filings, rebuttals, draws,
/// votes, endings.
contract Court is CourtEndings {
    /// @param escrow_ the escrow whose channels name this court as their arbiter
    /// @param bonds_ where faults are compensated from
    /// @param stakeToken_ what seats and cases are staked in
    /// @param seatUnit_ what a seat costs, a multiple of 20 token units
    constructor(address escrow_, address bonds_, address stakeToken_, uint256 seatUnit_)
        CourtLedger(stakeToken_, seatUnit_)
        EscrowDomain(escrow_)
        CourtRecords(bonds_)
    {}
}
