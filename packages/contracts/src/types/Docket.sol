// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What the court remembers of a channel, in one word: `others(48) ‖ from(104) ‖ to(104)`.
///
/// - `others`: open claims besides one. The hold on the channel is there as long as any claim is, and ends with the last:
///   so that a first and only claim, which most are, need not write this word
/// - `from`, `to`: the units of the channel's `settled` that were credited to claims, as an interval. A unit that a
///   voucher paid reduces at most one claim
type Docket is uint256;

using Dockets for Docket global;

library Dockets {
    uint256 private constant AMOUNT_MAX = type(uint104).max;

    function others(Docket self) internal pure returns (uint256) {
        return Docket.unwrap(self) >> 208;
    }

    function from(Docket self) internal pure returns (uint256) {
        return (Docket.unwrap(self) >> 104) & AMOUNT_MAX;
    }

    function to(Docket self) internal pure returns (uint256) {
        return Docket.unwrap(self) & AMOUNT_MAX;
    }

    function added(Docket self) internal pure returns (Docket) {
        return Docket.wrap(Docket.unwrap(self) + (1 << 208));
    }

    function removed(Docket self) internal pure returns (Docket) {
        return Docket.wrap(Docket.unwrap(self) - (1 << 208));
    }

    /// @notice Credits units of `settled` beyond `cumulative`, and not credited before, up to `due`.
    /// @dev Takes what lies below the interval first, then what lies above it, so that it stays one interval. A claim
    /// that acknowledges more than was ever credited begins a new interval: an older one would only matter to a claimant
    /// that later acknowledges less than it did before.
    /// @return credited at most `due`
    /// @return next the word to remember
    function credit(Docket self, uint256 cumulative, uint256 settled, uint256 due)
        internal
        pure
        returns (uint256 credited, Docket next)
    {
        (uint256 low, uint256 high) = (self.from(), self.to());
        if (settled <= cumulative) return (0, self);
        if (cumulative > high || high == 0) (low, high) = (cumulative, cumulative);
        if (cumulative < low) {
            credited = low - cumulative;
            if (credited > due) credited = due;
            low -= credited;
        }
        if (settled > high && credited < due) {
            uint256 above = settled - high;
            if (above > due - credited) above = due - credited;
            high += above;
            credited += above;
        }
        next = Docket.wrap((self.others() << 208) | (low << 104) | high);
    }
}
