// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICourt} from "../../../src/interfaces/ICourt.sol";
import {Filing, Statement} from "../../../src/types/Filing.sol";
import {Outcome} from "../../../src/types/Stage.sol";
import {CallingToken} from "../../tokens/HostileTokens.sol";
import {CourtFixture} from "../../utils/CourtFixture.sol";
import {vm} from "../../utils/Vm.sol";

/// @notice What is tried against the court, beside what the tests of each function show already.
contract CourtAttacksTest is CourtFixture {
    /// @dev What was signed for a channel of one court is worth nothing in another.
    function test_Replay_InAnotherCourt() public {
        Filing memory filing_ = filing(BOB_CHAIN);
        ICourt other = ICourt(vm.deployCode("Court.sol:Court", abi.encode(escrow, bonds, stakes, SEAT_UNIT)));
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICourt.NotArbiter.selector, address(court)));
        other.claim(filing_, noStatement());
        filing_.key.arbiter = address(other);
        vm.prank(bob);
        vm.expectRevert();
        other.claim(filing_, noStatement());
    }

    /// @dev Nor on a chain that has split off, where the escrow's domain is another.
    function test_Replay_OnAnotherChain() public {
        Filing memory filing_ = filing(BOB_CHAIN);
        vm.chainId(31_338);
        vm.prank(bob);
        vm.expectRevert();
        court.claim(filing_, noStatement());
    }

    /// @dev Secrets of one round are no secrets of the next, though the first are public.
    function test_Replay_OfASecretInTheNextRound() public {
        _ruledAgainstAlice();
        appealBy(alice);
        reachDrawBlock();
        bytes32 shown = secretOf(ALICE_CHAIN, 0);
        bytes32 hash = factsHash();
        vm.expectRevert(ICourt.SecretInvalid.selector);
        court.revealSecrets(id, hash, facts.truth, stage(), 0, shown);
    }

    /// @dev A stage that the case has left behind is worth nothing, in whichever function.
    function test_Replay_OfAnOlderStage() public {
        openClaim();
        bytes32 hash = factsHash();
        vm.prank(alice);
        court.challenge(key, facts, stage(), 0);
        bytes memory unknown = abi.encodeWithSelector(ICourt.StageUnknown.selector, id);
        vm.startPrank(alice);
        vm.expectRevert(unknown);
        court.challenge(key, facts, stage(), 0);
        vm.expectRevert(unknown);
        court.demandData(key, facts, stage(), 0);
        vm.expectRevert(unknown);
        court.closePaid(key, facts, stage());
        vm.expectRevert(unknown);
        court.appeal(facts, stage());
        vm.expectRevert(unknown);
        court.pin(id, hash, facts.truth, stage());
        vm.warp(block.timestamp + 30 days);
        vm.expectRevert(unknown);
        court.finalise(key, facts, stage());
    }

    /// @dev Every bit of a stage counts, also those that no field uses.
    function test_Forgery_OfAnyBitOfAStage() public {
        openClaim();
        contest();
        reachDrawBlock();
        _refusesEachBit(abi.encodeCall(ICourt.pin, (id, factsHash(), facts.truth, stage())), 11, 0);
    }

    /// @dev Of the half that jurors bring, too.
    function test_Forgery_OfAnyBitOfATurn() public {
        openClaim();
        contest();
        drawJury();
        _refusesEachBit(abi.encodeCall(ICourt.commitVote, (hearing(), 0, bytes32(0))), 5, 2);
    }

    /// @param words how many of the call are tried
    /// @param after_ how many come after them
    function _refusesEachBit(bytes memory call, uint256 words, uint256 after_) private {
        bytes32 expected = keccak256(abi.encodeWithSelector(ICourt.StageUnknown.selector, id));
        for (uint256 bit = 0; bit < 256 * words; ++bit) {
            uint256 place = call.length - 32 * (words + after_) + bit / 8;
            bytes1 right = call[place];
            call[place] = right ^ bytes1(uint8(1 << (bit % 8)));
            (bool done, bytes memory answer) = address(court).call(call);
            vm.assertTrue(!done && keccak256(answer) == expected, vm.toString(bit));
            call[place] = right;
        }
    }

    /// @dev Several cases can use one chain of secrets without any telling the jury of another: the id is in the seed.
    function test_Draw_OfTwoCases_WithTheSameSecrets() public {
        openClaim();
        contest();
        drawJury();
        uint256 first = state.seats0;
        anotherJob(50);
        openClaim();
        contest();
        drawJury();
        vm.assertTrue(state.seats0 != first, "the same jury");
    }

    /// @dev One who knows both secrets and may give up can look at juries; each look costs him what the jury would have.
    function test_Draw_ACollusionPaysForEachLook() public {
        uint256 before = court.balanceOf(alice) + court.balanceOf(bob);
        for (uint256 i = 0; i < 5; ++i) {
            openClaim();
            contest();
            pastDeadline();
            finalise();
            anotherJob(50);
        }
        assertEq(court.balanceOf(alice) + court.balanceOf(bob), before - 5 * 3 * QUANTUM, "free looks");
    }

    /// @dev A dust claim holds up a close for two days at most, and anybody can end it then.
    function test_Griefing_ByADustClaim() public {
        vm.prank(alice);
        escrow.requestClose(key);
        receipt.amount = 1;
        openClaim();
        vm.warp(block.timestamp + 2 days + 1);
        vm.startPrank(mallory);
        finalise();
        assertEq(escrow.close(key), DEPOSIT - 1, "refunded");
    }

    /// @dev A stake token that calls back finds every sum intact.
    function test_Reentrance_FromTheStakeToken() public {
        CallingToken calling = new CallingToken();
        ICourt other = ICourt(vm.deployCode("Court.sol:Court", abi.encode(escrow, bonds, calling, SEAT_UNIT)));
        calling.mint(alice, 100);
        calling.mint(address(calling), 100);
        vm.startPrank(alice);
        calling.approve(address(other), 100);
        calling.callOnTransfer(address(other), abi.encodeCall(ICourt.deposit, (alice, 50)));
        other.deposit(alice, 50);
        vm.stopPrank();
        vm.assertTrue(!calling.called(), "called back");
        assertEq(other.balanceOf(alice), 50, "balance");
        assertEq(other.liabilities(), calling.balanceOf(address(other)), "liabilities");
    }

    /// @dev The amounts of a claim count to 128 bits, those of a channel to 104: nothing overflows on the way.
    function test_Overflow_OfAHugeClaim() public {
        bid.priceMax = type(uint128).max;
        receipt.agreement = agreementId();
        receipt.amount = type(uint128).max;
        Statement memory statement = noStatement();
        (statement.cumulative, statement.commitment) = (type(uint128).max, COMMITMENT);
        statement.voucherSignature = voucher(SESSION_SECRET, key, type(uint128).max);
        openClaim(statement);
        pastDeadline();
        finalise();
        assertClosed(Outcome.Upheld, DEPOSIT);
    }

    function _ruledAgainstAlice() private {
        openClaim();
        contest();
        drawJury();
        voteAll(3, 0);
    }
}
