// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice secp256k1 signatures as they travel: 64 bytes `r ‖ yParityAndS` (EIP-2098), or, where they come as bytes,
/// also 65 bytes `r ‖ s ‖ v`.
/// @dev Recovery answers zero to what is not a good signature: zero never counts as a signer.
///
/// Every signature has a twin, with s on the other side of half the group's order, which EIP-2 bans. The short form
/// has no room for it: s has 255 bits here, and half the order is so near 2^255 that one in 2^127 would fit between.
library Signatures {
    uint256 private constant ECRECOVER = 1;

    /// @dev Of two twins in 65 bytes only the one with low s is taken.
    function isSignedBy(bytes32 digest, bytes calldata signature, address expected) internal pure returns (bool) {
        (uint8 v, bytes32 r, bytes32 s) = ECDSA.parseCalldata(signature);
        (address signer,,) = ECDSA.tryRecover(digest, v, r, s);
        return signer == expected && signer != address(0);
    }

    /// @dev Works beyond the end of allocated memory and leaves nothing there. The precompile answers nothing, instead of
    /// 32 bytes, to what is no good signature.
    function isSignedBy(bytes32 digest, bytes32 r, bytes32 vs, address expected) internal view returns (bool good) {
        assembly ("memory-safe") {
            // What the precompile takes: digest ‖ v ‖ r ‖ s.
            let free := mload(0x40)
            mstore(free, digest)
            mstore(add(free, 0x20), add(shr(255, vs), 27))
            mstore(add(free, 0x40), r)
            mstore(add(free, 0x60), shr(1, shl(1, vs)))
            pop(staticcall(gas(), ECRECOVER, free, 0x80, 0, 0x20))
            good := and(eq(returndatasize(), 0x20), eq(mload(0), expected))
        }
    }
}
