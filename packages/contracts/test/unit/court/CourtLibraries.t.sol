// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ballots} from "../../../src/libraries/Ballots.sol";
import {RawHashes} from "../../../src/libraries/RawHashes.sol";
import {Bid} from "../../../src/messages/Bid.sol";
import {Receipt} from "../../../src/messages/Receipt.sol";
import {Docket} from "../../../src/types/Docket.sol";
import {Ruling} from "../../../src/types/Stage.sol";
import {Test} from "../../utils/Test.sol";
import {vm} from "../../utils/Vm.sol";

contract CourtLibrariesTest is Test {
    // --------------------------------------------------------------------------------------------------------- docket

    /// @dev Claims that acknowledge more and more, or less and less, never get credit for a unit twice, nor for one that was
    /// acknowledged. (One that acknowledges less than those before and after it may: nobody gains who does that.)
    function testFuzz_Docket_CreditsEachUnitOnce(
        uint96 base,
        uint96[4] calldata steps,
        uint96[4] calldata dues,
        uint96 settled,
        bool falling
    ) public pure {
        Docket docket;
        uint256 total;
        uint256 range = uint256(settled) / 3 + 1;
        uint256 lowest = base % range;
        for (uint256 i = 0; i < 4; ++i) {
            uint256 cumulative = lowest;
            for (uint256 k = 0; k < (falling ? 3 - i : i); ++k) {
                cumulative += steps[k] % range;
            }
            uint256 due = dues[i] % (range + 1);
            uint256 credited;
            (credited, docket) = docket.credit(cumulative, settled, due);
            vm.assertLe(credited, due, "more than due");
            vm.assertLe(credited, settled > cumulative ? settled - cumulative : 0, "acknowledged units");
            total += credited;
        }
        vm.assertLe(total, settled > lowest ? settled - lowest : 0, "twice");
    }

    function testFuzz_Docket_CreditsAllThatIsLeft(uint96 cumulative, uint96[3] calldata dues, uint96 settled)
        public
        pure
    {
        Docket docket;
        uint256 left = settled > cumulative ? settled - cumulative : 0;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 credited;
            (credited, docket) = docket.credit(cumulative, settled, dues[i]);
            assertEq(credited, dues[i] < left ? dues[i] : left, "credited");
            left -= credited;
        }
    }

    /// @dev A later claim that acknowledges less finds below the interval what nobody was credited.
    function test_Docket_TakesWhatLiesBelow_ThenWhatLiesAbove() public pure {
        Docket docket;
        uint256 credited;
        (credited, docket) = docket.credit(80, 90, 10);
        assertEq(credited, 10, "first");
        (credited, docket) = docket.credit(50, 95, 100);
        assertEq(credited, 35, "second");
        assertEq(docket.from(), 50, "from");
        assertEq(docket.to(), 95, "to");
        (credited, docket) = docket.credit(96, 96, 100);
        assertEq(credited, 0, "of nothing");
        assertEq(docket.from(), 50, "from, as before");
        (credited, docket) = docket.credit(200, 250, 20);
        assertEq(credited, 20, "third");
        assertEq(docket.from(), 200, "a new interval");
        docket = docket.added().added().removed();
        assertEq(docket.others(), 1, "others");
        assertEq(docket.to(), 220, "to, beside others");
    }

    // --------------------------------------------------------------------------------------------------------- ballots

    function testFuzz_Ballots_RuleAsCountingDoes(uint256 seed, uint8 round) public pure {
        uint256 size = (4 << (round % 4)) - 1;
        uint256 votes;
        uint256 revealed;
        bytes32 truth = keccak256("truth");
        bytes32[] memory shown = new bytes32[](size);
        for (uint256 i = 0; i < size; ++i) {
            uint256 choice = (seed >> (8 * i)) % 8;
            if (choice == 7) continue;
            votes = Ballots.commit(votes, size, i, bytes32(choice));
            assertEq(Ballots.ballotAt(votes, size, i), Ballots.COMMITTED, "committed");
            if (choice == 6) continue;
            shown[i] = choice < 3 ? truth : choice < 5 ? bytes32(uint256(1)) : bytes32(uint256(2));
            votes = Ballots.reveal(votes, size, i, shown[i], truth);
            ++revealed;
        }
        (Ruling ruling,) = Ballots.count(votes, size, size);
        uint256 right = _countOf(shown, truth);
        bool wrong =
            _countOf(shown, bytes32(uint256(1))) * 2 > revealed || _countOf(shown, bytes32(uint256(2))) * 2 > revealed;
        if (revealed == 0) assertEq(uint256(ruling), uint256(Ruling.None), "nobody");
        else if (right * 2 > revealed) assertEq(uint256(ruling), uint256(Ruling.Right), "right");
        else assertEq(uint256(ruling), uint256(wrong ? Ruling.Wrong : Ruling.None), "wrong");
    }

    function test_Ballots_HashEachCommitmentInItsOrder() public pure {
        uint256 one = Ballots.commit(Ballots.commit(0, 3, 0, "a"), 3, 1, "b");
        uint256 other = Ballots.commit(Ballots.commit(0, 3, 1, "b"), 3, 0, "a");
        vm.assertTrue(Ballots.commitsOf(one) != Ballots.commitsOf(other), "order");
        assertEq(Ballots.commitsOf(one), Ballots.extend(Ballots.extend(0, 0, "a"), 1, "b"), "list");
        assertEq(uint96(one), uint96(other), "ballots");
    }

    /// @dev An other vote never passes for the truth, in the smallest field there is.
    function testFuzz_Ballots_OnlyTheTruthIsTheTruth(bytes32 vote, bytes32 truth) public pure {
        uint256 votes = Ballots.reveal(Ballots.commit(0, 31, 30, 0), 31, 30, vote, truth);
        vm.assertTrue((Ballots.ballotAt(votes, 31, 30) == Ballots.TRUTH) == (vote == truth), "truth");
        vm.assertTrue(Ballots.ballotAt(votes, 31, 30) >= Ballots.TRUTH, "revealed");
    }

    // ---------------------------------------------------------------------------------------------------------- hashes

    function testFuzz_RawHashes_AreThoseOfTheMessages(Bid calldata bid, Receipt calldata receipt) public pure {
        Bid memory bid_ = bid;
        Receipt memory receipt_ = receipt;
        vm.assertEq(RawHashes.hashOf(bid), bid_.hash(), "bid");
        vm.assertEq(RawHashes.hashOf(receipt), receipt_.hash(), "receipt");
    }

    function _countOf(bytes32[] memory words, bytes32 word) private pure returns (uint256 count) {
        for (uint256 i = 0; i < words.length; ++i) {
            if (words[i] == word) ++count;
        }
    }
}
