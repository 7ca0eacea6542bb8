// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice secp256k1 signatures as they travel: 64 bytes `r ‖ yParityAndS` (EIP-2098) or 65 bytes `r ‖ s ‖ v`. Of the
/// two mathematically equal forms only the one with low s is taken (EIP-2).
/// @dev Recovery answers zero for anything that is not a good signature, so zero never counts as a signer.
library Signatures {
    function isSignedBy(bytes32 digest, bytes calldata signature, address expected) internal pure returns (bool) {
        (uint8 v, bytes32 r, bytes32 s) = ECDSA.parseCalldata(signature);
        (address signer,,) = ECDSA.tryRecover(digest, v, r, s);
        return signer == expected && signer != address(0);
    }

    function isSignedBy(bytes32 digest, bytes32 r, bytes32 vs, address expected) internal pure returns (bool) {
        (address signer,,) = ECDSA.tryRecover(digest, r, vs);
        return signer == expected && signer != address(0);
    }
}
