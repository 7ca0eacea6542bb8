// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The log of receipts that a voucher commits to: a Merkle tree in the shape of RFC 6962 section 2.1, whose
/// three prefixes keep leaves, nodes and commitments from ever being taken for one another.
library ReceiptLog {
    bytes1 private constant LEAF = 0x00;
    bytes1 private constant NODE = 0x01;
    bytes1 private constant COMMITMENT = 0x02;

    /// @param receipt EIP-712 digest of the receipt
    /// @param cumulative what the channel has promised in total once this receipt is paid
    function leaf(bytes32 receipt, uint128 cumulative) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(LEAF, receipt, cumulative));
    }

    /// @notice Leaf of a tree of the same shape over chunks of data.
    function chunkLeaf(bytes calldata chunk) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(LEAF, chunk));
    }

    /// @notice What a voucher signs: the tree and how many leaves it has.
    function commitment(bytes32[] memory leaves) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(COMMITMENT, uint64(leaves.length), root(leaves)));
    }

    /// @dev The tree of nothing has the hash of nothing as its root. Folds level by level: an odd one out moves up
    /// unchanged, which is RFC 6962's "largest power of two smaller than n" seen from below.
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        uint256 size = leaves.length;
        if (size == 0) return keccak256("");
        bytes32[] memory level = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            level[i] = leaves[i];
        }
        while (size > 1) {
            uint256 next = 0;
            for (uint256 i = 0; i < size; i += 2) {
                level[next++] = i + 1 < size ? keccak256(abi.encodePacked(NODE, level[i], level[i + 1])) : level[i];
            }
            size = next;
        }
        return level[0];
    }

    /// @notice Whether `leaf` is leaf `index` of the log of `size` leaves that `commitment_` commits to.
    function verify(bytes32 commitment_, bytes32 leaf_, uint64 index, uint64 size, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        (bool ok, bytes32 root_) = rootFrom(leaf_, index, size, path);
        return ok && keccak256(abi.encodePacked(COMMITMENT, size, root_)) == commitment_;
    }

    /// @notice The root that an audit path leads to (RFC 9162 §2.1.3.2), if its length is right for that place.
    /// @dev Walks up, telling left from right by the position among the leaves that are left.
    function rootFrom(bytes32 leaf_, uint64 index, uint64 size, bytes32[] calldata path)
        internal
        pure
        returns (bool ok, bytes32 root_)
    {
        if (index >= size) return (false, 0);
        (uint256 position, uint256 last) = (index, size - 1);
        root_ = leaf_;
        for (uint256 i = 0; i < path.length; ++i) {
            if (last == 0) return (false, 0);
            if (position & 1 == 1 || position == last) {
                root_ = keccak256(abi.encodePacked(NODE, path[i], root_));
                while (position & 1 == 0 && position != 0) {
                    position >>= 1;
                    last >>= 1;
                }
            } else {
                root_ = keccak256(abi.encodePacked(NODE, root_, path[i]));
            }
            position >>= 1;
            last >>= 1;
        }
        ok = last == 0;
    }
}
