// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @notice What one slash takes, and for whom.
struct Slash {
    address harmed;
    uint256 paidHarmed;
    address reporter;
    uint256 paidReporter;
    uint256 burned;
}

using Slashes for Slash global;

/// @notice Divides what a slash may take.
library Slashes {
    uint256 internal constant ALL_BPS = 10_000;
    uint256 internal constant BURN_BPS = 2_500;
    uint256 internal constant PENALTY_BPS = 1_000;
    uint256 internal constant REPORTER_BPS = 1_000;
    uint256 internal constant UNEXPOSED_BPS = 2_000;

    /// @notice Fills the harmed, then the reporter, and burns BURN_BPS of both on top, rounded up.
    /// @param limit what may be taken in all; below 2^240
    /// @return paidHarmed at most `harmed`
    /// @return paidReporter at most `reporter`
    /// @return burned all three together are at most `limit`
    function fill(uint256 limit, uint256 harmed, uint256 reporter)
        internal
        pure
        returns (uint256 paidHarmed, uint256 paidReporter, uint256 burned)
    {
        uint256 payable_ = limit * ALL_BPS / (ALL_BPS + BURN_BPS);
        paidHarmed = Math.min(harmed, payable_);
        paidReporter = Math.min(reporter, payable_ - paidHarmed);
        burned = Math.ceilDiv((paidHarmed + paidReporter) * BURN_BPS, ALL_BPS);
    }

    /// @notice The penalty of an equivocation: PENALTY_BPS of the bond, rounded up, as far as `limit` goes.
    /// @return paidReporter the reporter's part of it, rounded down
    /// @return burned the rest of it
    function penalize(uint256 limit, uint256 amount) internal pure returns (uint256 paidReporter, uint256 burned) {
        uint256 penalty = Math.min(limit, Math.ceilDiv(amount * PENALTY_BPS, ALL_BPS));
        paidReporter = penalty * REPORTER_BPS / ALL_BPS;
        burned = penalty - paidReporter;
    }

    /// @notice How much of a bond can be exposed to all arbiters together, rounded down.
    function exposedMax(uint256 amount) internal pure returns (uint256) {
        return amount * (ALL_BPS - UNEXPOSED_BPS) / ALL_BPS;
    }

    /// @notice What a slash costs the owner.
    function debit(Slash memory slash) internal pure returns (uint256) {
        return slash.paidHarmed + slash.paidReporter + slash.burned;
    }
}
