// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What one arbiter may slash of one bond, in one word: `cap(104) ‖ reduced(104) ‖ reduceAt(48)`.
///
/// - `cap`: what it can slash now
/// - `reduced`: what the owner wants `cap` to be
/// - `reduceAt`: UNIX second from which he may have it; zero means that he asked for nothing
type Exposure is uint256;

struct ExposureSlot {
    Exposure state;
}

using Exposures for Exposure global;

library Exposures {
    function cap(Exposure exposure) internal pure returns (uint256) {
        return Exposure.unwrap(exposure) >> 152;
    }

    function reduced(Exposure exposure) internal pure returns (uint256) {
        return (Exposure.unwrap(exposure) >> 48) & type(uint104).max;
    }

    function reduceAt(Exposure exposure) internal pure returns (uint256) {
        return Exposure.unwrap(exposure) & type(uint48).max;
    }

    /// @dev The caller makes sure that each part fits: amounts by never exceeding a bond's, time by itself.
    function pack(uint256 cap_, uint256 reduced_, uint256 reduceAt_) internal pure returns (Exposure) {
        return Exposure.wrap((cap_ << 152) | (reduced_ << 48) | reduceAt_);
    }

    /// @notice The same with another cap; what was asked for stays.
    function withCap(Exposure exposure, uint256 cap_) internal pure returns (Exposure) {
        return pack(cap_, exposure.reduced(), exposure.reduceAt());
    }
}
