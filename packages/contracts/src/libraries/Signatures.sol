// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @notice secp256k1 signatures as they travel in calldata: 64 bytes `r ‖ yParityAndS` (EIP-2098) or 65 bytes
/// `r ‖ s ‖ v`. Of the two mathematically equal forms only the one with low s is taken (EIP-2).
library Signatures {
    /// @return signer the account that signed, or zero for anything that is not a good signature
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        (uint8 v, bytes32 r, bytes32 s) = ECDSA.parseCalldata(signature);
        (signer,,) = ECDSA.tryRecover(digest, v, r, s);
    }

    /// @dev Zero is what recovery answers for garbage, so zero never counts as a signer.
    function isSignedBy(bytes32 digest, bytes calldata signature, address expected) internal pure returns (bool) {
        return expected != address(0) && recover(digest, signature) == expected;
    }
}
