// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelId} from "./ChannelId.sol";

/// @notice `Claim`: a provider claims what a silent buyer owes. `Fault`: a buyer sues for a wrong result that was paid.
enum CaseKind {
    Claim,
    Fault
}

/// @notice What a case is about: fixed when it is opened, never stored, logged by `CaseOpened`. Whoever moves the case
/// gives it, and its hash is part of what the court remembers.
/// @param kind what the plaintiff wants
/// @param plaintiff who opened it: payee or provider for a claim, payer or voucher signer for a fault
/// @param provider who signed the receipt
/// @param channel the channel of the agreement
/// @param agreement id of the agreement
/// @param truth what a juror votes who finds that the receipt tells the truth, see {Cases.truthOf}
/// @param amount token units: what is still due for a claim, the most that is compensated for a fault
/// @param alreadyPaid claim: what the claimant states it was paid for this agreement
/// @param cumulative claim: amount of the newest voucher that the claimant acknowledges; zero for none
/// @param commitment claim: that voucher's commitment
/// @param dataRoot claim: root of the RFC 6962 tree over the delivered output in chunks of 1 KiB
/// @param dataChunks claim: how many chunks it has; zero for none
struct Case {
    CaseKind kind;
    address plaintiff;
    address provider;
    ChannelId channel;
    bytes32 agreement;
    bytes32 truth;
    uint128 amount;
    uint128 alreadyPaid;
    uint128 cumulative;
    bytes32 commitment;
    bytes32 dataRoot;
    uint48 dataChunks;
}

using Cases for Case global;

library Cases {
    /// @dev Twelve whole words, in memory as in calldata.
    uint256 private constant BYTES = 12 * 32;

    /// @notice Names a case. There is one, ever, for each agreement and kind.
    function idOf(ChannelId channel, bytes32 agreement, CaseKind kind) internal pure returns (bytes32) {
        return keccak256(abi.encode(channel, agreement, kind));
    }

    function id(Case memory self) internal pure returns (bytes32) {
        return idOf(self.channel, self.agreement, self.kind);
    }

    /// @notice What jurors compare their own execution with: the result, and the data that the claimant says it was.
    /// @dev Data is in it because nothing else ties `dataRoot` to the result: a claimant that commits to rubbish in
    /// order to have something to answer demands with is found out like one that lies about the result.
    /// @param result struct hash of the result; zero if the program had not ended by the time of the receipt
    function truthOf(bytes32 result, bytes32 dataRoot, uint48 dataChunks) internal pure returns (bytes32) {
        return keccak256(abi.encode(result, dataRoot, dataChunks));
    }

    /// @notice The case that a caller gives, see {Stages.load}.
    function load(Case calldata given) internal pure returns (Case memory self) {
        assembly ("memory-safe") {
            self := mload(0x40)
            calldatacopy(self, given, BYTES)
            mstore(0x40, add(self, BYTES))
        }
    }

    /// @dev `keccak256(abi.encode(self))` without the copy: in memory a case already is its own encoding.
    function hash(Case memory self) internal pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(self, BYTES)
        }
    }
}
