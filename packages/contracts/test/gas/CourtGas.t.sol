// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Filing, Statement} from "../../src/types/Filing.sol";
import {CourtFixture} from "../utils/CourtFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What cases cost, each call as a transaction of its own: base, calldata and refunds included. Not included:
/// deposits into the court and taking seats, which serve many cases.
/// forge-config: default.isolate = true
contract CourtGasTest is CourtFixture {
    string private constant COURT = "court";

    uint256 private total;

    /// @dev A claimant with a voucher, on a channel that was never held, and a payee that was paid before.
    function test_SilentBuyer() public {
        pay(key, 40);
        Statement memory statement = noStatement();
        statement.cumulative = 40;
        statement.commitment = COMMITMENT;
        statement.voucherSignature = voucher(SESSION_SECRET, key, 40);
        openClaim(statement);
        _count("claim");
        pastDeadline();
        finalise();
        _count("finalise, nobody contested");
        vm.snapshotValue(COURT, "silent buyer: claim + finalise", total);
        vm.assertLe(total, 200_000, "silent buyer");
    }

    /// @dev From the challenge to the ruling: challenge, secrets, three commitments, three votes; all jurors agree.
    function test_ThreeJurors() public {
        openClaim();
        _challenge();
        reachDrawBlock();
        revealSecrets(plaintiffSecret(), defendantSecret());
        _count("revealSecrets, both");
        _vote();
        vm.snapshotValue(COURT, "three jurors: challenge to ruling, 8 transactions", total);
        vm.assertLe(total, 400_000, "three jurors");
        pastDeadline();
        finalise();
        _count("finalise, after a ruling");
    }

    /// @dev The same, when the parties do not hand each other their secrets but show them one by one.
    function test_ThreeJurors_SecretsApart() public {
        openClaim();
        _challenge();
        reachDrawBlock();
        revealSecrets(plaintiffSecret(), 0);
        _count("revealSecrets, first of two");
        revealSecrets(0, defendantSecret());
        _count("revealSecrets, second of two");
        _vote();
        vm.snapshotValue(COURT, "three jurors: challenge to ruling, 9 transactions", total);
    }

    function _challenge() private {
        contest();
        _count("challenge");
    }

    function _vote() private {
        for (uint256 i = 0; i < 3; ++i) {
            commitVote(i, facts.truth);
            _count(i == 0 ? "commitVote, first" : "commitVote, further");
        }
        for (uint256 i = 0; i < 3; ++i) {
            revealVote(i, facts.truth);
            _count(i == 2 ? "revealVote, last: rules" : "revealVote");
        }
    }

    function _count(string memory name) private {
        total += vm.snapshotGasLastCall(COURT, name);
    }
}
