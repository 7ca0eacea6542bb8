// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {Signatures} from "./Signatures.sol";

/// @notice Signatures of accounts, which may be contracts.
library AccountSignatures {
    using Signatures for bytes32;

    /// @notice Whether `account` signed: with its key, or, being a contract, by its own word (ERC-1271).
    /// @dev The key comes first, because an account may have both (EIP-7702). The contract is asked by a call that can
    /// change nothing.
    function isSignedByAccount(bytes32 digest, bytes calldata signature, address account) internal view returns (bool) {
        if (digest.isSignedBy(signature, account)) return true;
        return
            account.code.length != 0 && SignatureChecker.isValidERC1271SignatureNowCalldata(account, digest, signature);
    }
}
