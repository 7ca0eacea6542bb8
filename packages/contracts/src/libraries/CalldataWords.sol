// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Hashes structs that lie in the calldata, word by word as they came.
/// @dev Nothing here checks that a word is not too large for its type. Whoever reads it from the struct is checked, so
/// that a hash means something only for structs of which all fields are read.
library CalldataWords {
    /// @notice `keccak256(typehash ‖ words)`: the struct hash of EIP-712, where every field is a word.
    /// @param position where the first word begins
    function hash(bytes32 typehash, uint256 position, uint256 bytes_) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typehash)
            calldatacopy(add(free, 0x20), position, bytes_)
            result := keccak256(free, add(bytes_, 0x20))
        }
    }
}
