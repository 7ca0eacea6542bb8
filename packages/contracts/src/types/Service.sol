// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What has come of some {ServiceTerms}, in one word: `redeemed(104) ‖ credited(104) ‖ endedAt(32) ‖ flags(16)`.
///
/// - `redeemed`: what the channel has paid for certified intervals
/// - `credited`: what the bond has paid for intervals without service
/// - `endedAt`: number of the first interval for which no credit is owed any more, if they were ended
/// - flags: whether both parties' signatures were seen, and whether they were ended
type Service is uint256;

/// @notice Where a service's word is kept; a reference to it remembers the slot, so that it is computed once.
struct ServiceSlot {
    Service state;
}

using Services for Service global;

library Services {
    uint256 internal constant AMOUNT_MAX = type(uint104).max;
    uint256 private constant AGREED = 1;
    uint256 private constant ENDED = 2;

    function redeemed(Service service) internal pure returns (uint256) {
        return Service.unwrap(service) >> 152;
    }

    function credited(Service service) internal pure returns (uint256) {
        return (Service.unwrap(service) >> 48) & AMOUNT_MAX;
    }

    function endedAt(Service service) internal pure returns (uint256) {
        return (Service.unwrap(service) >> 16) & type(uint32).max;
    }

    function isAgreed(Service service) internal pure returns (bool) {
        return Service.unwrap(service) & AGREED != 0;
    }

    function isEnded(Service service) internal pure returns (bool) {
        return Service.unwrap(service) & ENDED != 0;
    }

    function withAgreement(Service service) internal pure returns (Service) {
        return Service.wrap(Service.unwrap(service) | AGREED);
    }

    /// @dev The caller makes sure that neither sum exceeds AMOUNT_MAX.
    function withRedeemed(Service service, uint256 more) internal pure returns (Service) {
        return Service.wrap(Service.unwrap(service) + (more << 152));
    }

    /// @dev As above.
    function withCredited(Service service, uint256 more) internal pure returns (Service) {
        return Service.wrap(Service.unwrap(service) + (more << 48));
    }

    /// @dev For a service that was not ended before.
    function withEnd(Service service, uint32 intervals) internal pure returns (Service) {
        return Service.wrap(Service.unwrap(service) | (uint256(intervals) << 16) | ENDED);
    }
}
