// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The EIP-712 domain of what peers say to each other, for contracts that judge it: that of the escrow.
/// @dev Computed once, and again only on a chain that has split off and changed its id.
abstract contract EscrowDomain {
    bytes32 private constant TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant NAME = keccak256("Archipel");
    bytes32 private constant VERSION = keccak256("1");

    address internal immutable ESCROW;
    bytes32 private immutable SEPARATOR;
    uint256 private immutable CHAIN_ID;

    constructor(address escrow_) {
        ESCROW = escrow_;
        CHAIN_ID = block.chainid;
        SEPARATOR = _separatorOf(escrow_);
    }

    function _escrowSeparator() internal view returns (bytes32) {
        return block.chainid == CHAIN_ID ? SEPARATOR : _separatorOf(ESCROW);
    }

    function _separatorOf(address escrow_) private view returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, NAME, VERSION, block.chainid, escrow_));
    }
}
