// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Outcome, Phase, Ruling} from "../../../src/types/Stage.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

/// @notice Whole cases from the first call to the last, one for each way they can go.
contract CaseTest is CourtFixture {
    function test_Claim_AgainstASilentBuyer_IsUpheld() public {
        openClaim();
        assertStake(bob, STAKES - 6 * QUANTUM);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
        assertBalance(bob, DUE);
        assertStake(bob, STAKES);
    }

    function test_Claim_ThatAJuryFindsRight_IsUpheld() public {
        openClaim();
        contest();
        drawJury();
        vm.assertEq(state.jurors, 3, "jurors");
        voteAll(3, 0);
        vm.assertEq(uint256(state.ruling), uint256(Ruling.Right), "ruling");
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DUE);
        assertStake(bob, STAKES + 3 * QUANTUM);
        assertStake(alice, STAKES - 6 * QUANTUM);
    }

    function test_Fault_ThatAJuryFindsWrong_IsCompensated() public {
        pay(key, 60);
        openFault();
        contest();
        drawJury();
        voteAll(0, 3);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, 60);
        vm.assertEq(bonds.claimable(address(token), alice), 60, "compensation");
        assertStake(alice, STAKES + 3 * QUANTUM);
    }
}
