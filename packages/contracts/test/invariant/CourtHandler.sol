// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ballots} from "../../src/libraries/Ballots.sol";
import {Rules} from "../../src/libraries/Rules.sol";
import {Case, CaseKind} from "../../src/types/Case.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {CommittedVote, Statement} from "../../src/types/Filing.sol";
import {Outcome, Phase, Stage, States} from "../../src/types/Stage.sol";
import {vm} from "../utils/Vm.sol";
import {RunningCases} from "./RunningCases.sol";

/// @notice Goes to court about many jobs on two channels at once, as alice, bob, their jurors and passers-by would in any
/// order, and keeps a model of who must have how much.
contract CourtHandler is RunningCases {
    bytes32[] public closed;
    mapping(bytes32 id => bytes32) public closedAs;
    /// @dev What the ledger must say of an account.
    mapping(address account => uint256) public expected;
    /// @dev Vouchers and awards of each agreement, and of each channel.
    uint256 public overpaid;
    /// @dev How far the run got: cases ended by outcome, and rulings by round.
    uint256[6] public outcomes;
    uint256[4] public rulings;
    mapping(bytes32 agreement => uint256) private _awarded;
    mapping(uint256 salt => uint128) private _promised;
    uint256 private _jobs;

    constructor() {
        setUp();
        for (uint64 salt = 1; salt <= 2; ++salt) {
            openFor(channelOf(salt), 100_000);
        }
        expected[alice] = court.balanceOf(alice);
        expected[bob] = court.balanceOf(bob);
    }

    // --------------------------------------------------------------------------------------------------------- opening

    function claim(uint256 seed, uint128 amount, uint128 alreadyPaid) external {
        if (!_newJob(seed, amount) || expected[bob] < 6 * QUANTUM) return;
        Statement memory statement = noStatement();
        statement.alreadyPaid = uint128(bound(alreadyPaid, 0, receipt.amount - 1));
        (statement.dataRoot, statement.dataChunks) = (keccak256(abi.encodePacked(bytes1(0), "chunk")), 1);
        uint128 promised = _promised[_saltOf(seed)];
        if (seed & 4 == 0 && promised != 0) {
            (statement.cumulative, statement.commitment) = (promised, COMMITMENT);
            statement.voucherSignature = voucher(SESSION_SECRET, key, promised);
        }
        openClaim(statement);
        expected[bob] -= 6 * QUANTUM;
        _add();
    }

    function fault(uint256 seed, uint128 amount) external {
        if (!_newJob(seed, amount) || expected[alice] < 6 * QUANTUM) return;
        openFault();
        expected[alice] -= 6 * QUANTUM;
        _add();
    }

    // ----------------------------------------------------------------------------------------------------------- cases

    function dispute(uint256 seed) external {
        if (!_take(seed) || block.timestamp > state.until) return;
        if (state.phase == Phase.Open) {
            address account = facts.kind == CaseKind.Claim ? alice : bob;
            if (expected[account] < 6 * QUANTUM) return;
            contest();
            expected[account] -= 6 * QUANTUM;
        } else if (state.phase == Phase.Ruled && state.round < Rules.ROUND_LAST) {
            _appeal();
        }
        _put(seed);
    }

    function data(uint256 seed, bool right) external {
        if (!_take(seed) || facts.kind != CaseKind.Claim) return;
        if (state.phase == Phase.Open && block.timestamp <= state.until && state.demands < 3) {
            if (expected[alice] < QUANTUM) return;
            vm.prank(alice);
            remember(court.demandData(key, facts, stage(), 0));
            expected[alice] -= QUANTUM;
        } else if (state.phase == Phase.Demanded && block.timestamp <= state.dataUntil) {
            if (!right) vm.expectRevert();
            vm.prank(bob);
            Stage memory next = court.answerData(facts, stage(), right ? bytes("chunk") : bytes("other"), _noPath());
            if (!right) return;
            remember(next);
            expected[bob] += QUANTUM;
        }
        _put(seed);
    }

    function draw(uint256 seed, bool plaintiff, bool defendant) external {
        if (seed % 5 != 0) (plaintiff, defendant) = (true, true);
        if (!_take(seed) || state.phase != Phase.Drawing || block.timestamp > state.until) return;
        vm.roll(block.number + 5);
        if (state.drawHash == 0 && blockhash(state.target) == 0) {
            remember(court.pin(id, factsHash(), facts.truth, stage()));
            _put(seed);
            return;
        }
        plaintiff = plaintiff && state.flags & States.PLAINTIFF_REVEALED == 0;
        defendant = defendant && state.flags & States.DEFENDANT_REVEALED == 0;
        if (!plaintiff && !defendant) return;
        uint256 stake = Rules.stakeQuanta(state.round) * QUANTUM;
        if (plaintiff && state.flags & States.PLAINTIFF_STAKED == 0 && !_spend(facts.plaintiff, stake)) return;
        if (defendant && state.flags & States.DEFENDANT_STAKED == 0 && !_spend(state.defendant, stake)) return;
        revealSecrets(plaintiff ? plaintiffSecret() : bytes32(0), defendant ? defendantSecret() : bytes32(0));
        _put(seed);
    }

    /// @dev Who may commits, and reveals when that is possible, but for those that `silent` names.
    function vote(uint256 seed, uint256 choice, uint256 silent) external {
        if (!_take(seed) || state.phase != Phase.Voting) return;
        // Most juries are complete, as in life.
        if (silent % 4 != 0) silent = 0;
        for (uint256 position = 0; position < state.jurors; ++position) {
            if ((silent >> (8 + position)) & 1 == 0) _commit(seed, position, choice >> (4 * position));
        }
        uint256 jurors = state.jurors;
        for (uint256 index = 0; index < jurors && index < votes.length; ++index) {
            if ((silent >> (64 + index)) & 1 == 0 && state.phase == Phase.Voting) _reveal(seed, index);
        }
        if (state.phase != Phase.Voting) {
            ++rulings[state.round];
            delete votes;
        }
        _put(seed);
    }

    function _commit(uint256 seed, uint256 position, uint256 choice) private {
        uint256 ballot = Ballots.ballotAt(court.votesOf(id), Rules.jurySize(state.round), position);
        if (ballot != Ballots.NONE || block.timestamp > state.until || jurorAt(position) == address(0)) return;
        bytes32 chosen = choice % 4 == 0 ? OTHER_RESULT : choice % 7 == 0 ? bytes32(choice) : facts.truth;
        commitVote(position, chosen);
        _running[seed % _running.length].choices.push(chosen);
    }

    function _reveal(uint256 seed, uint256 index) private {
        (uint256 size, uint256 ballots) = (Rules.jurySize(state.round), court.votesOf(id));
        (uint256 none,) = Ballots.missing(ballots, size, state.jurors);
        if (none != 0 && block.timestamp <= state.until) return;
        if (block.timestamp > uint256(state.until) + Rules.REVEAL_SEC) return;
        uint256 position = votes[index].position;
        if (Ballots.ballotAt(ballots, size, position) != Ballots.COMMITTED) return;
        if (jurorAt(position) == address(0)) return;
        revealVote(index, _running[seed % _running.length].choices[index]);
    }

    function end(uint256 seed) external {
        if (!_take(seed)) return;
        if (_end(false)) _remove(seed);
        else _put(seed);
    }

    function closePaid(uint256 seed) external {
        if (!_take(seed) || facts.kind != CaseKind.Claim || uint256(state.phase) > 1) return;
        try court.closePaid(key, facts, stage()) {
            if (state.phase == Phase.Demanded) expected[alice] += QUANTUM;
            expected[bob] += 6 * QUANTUM;
            _close(Outcome.Paid, 0);
            _remove(seed);
        } catch {}
    }

    // ---------------------------------------------------------------------------------------------------------- around

    function payVoucher(uint256 seed, uint128 amount) external {
        uint256 salt = _saltOf(seed);
        _promised[salt] += uint128(bound(amount, 1, 400));
        ChannelKey memory key_ = channelOf(uint64(salt));
        (uint256 deposit, uint256 settled,) = escrow.channels(key_.id());
        if (settled < deposit && _promised[salt] > settled) pay(key_, _promised[salt]);
    }

    function seat(uint256 seed, uint256 action) external {
        uint256 number = seed % JURORS;
        (address owner,, uint256 leavingAt, uint256 stake) = court.seatOf(number);
        if (owner == address(0)) {
            fund(juror(number), SEAT_UNIT);
            vm.prank(juror(number));
            court.sitIn(number);
        } else if (action % 8 == 0 && leavingAt == 0) {
            vm.prank(owner);
            court.stand(number);
        } else if (leavingAt != 0 && block.timestamp >= leavingAt + Rules.SEAT_EXIT_SEC) {
            vm.prank(owner);
            court.vacate(number);
            expected[owner] += stake;
        } else if (stake > SEAT_UNIT) {
            court.collect(number);
            expected[owner] += stake - SEAT_UNIT;
        }
    }

    function wait(uint256 seconds_, uint256 blocks) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 8 hours));
        vm.roll(block.number + bound(blocks, 1, 300));
    }

    /// @dev By nobody in particular: from here on, whoever has a deadline misses it.
    function endAll() external {
        for (uint256 i = _running.length; i > 0; --i) {
            _take(i - 1);
            for (uint256 calls = 1; !_end(true); ++calls) {
                vm.assertLe(calls, 1, "more than two calls to an end");
            }
            _remove(i - 1);
        }
    }

    // ----------------------------------------------------------------------------------------------------------- views

    function closedCount() external view returns (uint256) {
        return closed.length;
    }

    // --------------------------------------------------------------------------------------------------------- private

    /// @return over whether the case is over; otherwise it went one step
    function _end(bool wait_) private returns (bool over) {
        uint256 until = state.phase == Phase.Demanded ? state.dataUntil : state.until;
        if (state.phase == Phase.Voting) {
            (, uint256 hidden) = Ballots.missing(court.votesOf(id), Rules.jurySize(state.round), state.jurors);
            if (hidden != 0) until += Rules.REVEAL_SEC;
        }
        if (block.timestamp <= until) {
            if (!wait_) return false;
            vm.warp(until + 1);
        }
        if (state.phase == Phase.Voting) {
            remember(court.tally(hearing()));
            delete votes;
            return false;
        }
        bytes32 agreement = facts.agreement;
        (Outcome outcome, uint256 awarded) = finalise();
        _settle(outcome);
        if (facts.kind == CaseKind.Claim) {
            _awarded[agreement] += awarded;
            if (_awarded[agreement] + facts.alreadyPaid > PRICE_MAX) ++overpaid;
        }
        _close(outcome, awarded);
        return true;
    }

    /// @dev Who gets the pot, as docs/court.md says.
    function _settle(Outcome outcome) private {
        uint256 pot = state.pot * QUANTUM;
        address defendant = state.defendant == address(0) ? alice : state.defendant;
        if (state.phase == Phase.Demanded) {
            expected[alice] += QUANTUM;
            pot -= QUANTUM;
        }
        if (state.phase == Phase.Drawing) pot -= Rules.jurySize(state.round) * QUANTUM;
        if (outcome == Outcome.Upheld) {
            expected[facts.plaintiff] += pot;
        } else if (outcome == Outcome.Failed) {
            expected[defendant] += pot;
        } else {
            expected[facts.plaintiff] += pot / 2;
            expected[defendant] += pot - pot / 2;
        }
    }

    function _close(Outcome outcome, uint256 awarded) private {
        closed.push(id);
        closedAs[id] = keccak256(abi.encode(outcome, awarded));
        ++outcomes[uint256(outcome)];
    }

    function _appeal() private {
        (bool upheld, bool claims) = (uint256(state.ruling) == 1, facts.kind == CaseKind.Claim);
        upheld = claims ? upheld : uint256(state.ruling) == 2;
        address appellant = upheld ? state.defendant : facts.plaintiff;
        if (block.timestamp + Rules.SECRETS_SEC > uint256(state.calledAt) + Rules.CASE_SEC_MAX) return;
        if (!_spend(appellant, Rules.stakeQuanta(state.round + 1) * QUANTUM)) return;
        appealBy(appellant);
    }

    function _spend(address account, uint256 amount) private returns (bool) {
        if (expected[account] < amount) return false;
        expected[account] -= amount;
        return true;
    }

    function _newJob(uint256 seed, uint128 amount) private returns (bool) {
        if (_running.length == RUNNING_MAX) return false;
        key = channelOf(uint64(_saltOf(seed)));
        bid.demand = keccak256(abi.encode("job", ++_jobs));
        receipt.agreement = agreementId();
        receipt.amount = uint128(bound(amount, 1, PRICE_MAX));
        receipt.issuedAt = uint64(block.timestamp);
        return true;
    }

    function _saltOf(uint256 seed) private pure returns (uint256) {
        return 1 + ((seed >> 1) & 1);
    }

    function _noPath() private pure returns (bytes32[] memory) {
        return new bytes32[](0);
    }

    // -------------------------------------------------------------------------------------------------------- asserts

    function assertMoney() external view {
        uint256 owed = court.burnt() + this.pots() * QUANTUM;
        address[5] memory parties = [alice, bob, session, node, mallory];
        for (uint256 i = 0; i < parties.length; ++i) {
            uint256 balance = court.balanceOf(parties[i]);
            assertEq(balance, i < 2 ? expected[parties[i]] : STAKES, "balance of a party");
            owed += balance;
        }
        for (uint256 i = 0; i < JURORS; ++i) {
            uint256 balance = court.balanceOf(juror(i));
            assertEq(balance, expected[juror(i)], "balance of a juror");
            (,,, uint256 stake) = court.seatOf(i);
            owed += balance + stake;
        }
        assertEq(owed, court.liabilities(), "liabilities");
        assertEq(owed, stakes.balanceOf(address(court)), "tokens");
    }

    function assertHolds() external view {
        for (uint64 salt = 1; salt <= 2; ++salt) {
            ChannelKey memory key_ = channelOf(salt);
            uint256 claims = this.claimsOn(salt);
            (uint256 cases,,) = court.docketOf(key_.id());
            assertEq(cases, claims, "open claims");
            vm.assertTrue((escrow.heldUntil(key_.id()) != 0) == (claims != 0), "hold");
        }
    }

    function assertClosedForEver() external view {
        for (uint256 i = 0; i < closed.length; ++i) {
            (bytes32 head, Outcome outcome, uint256 awarded) = court.caseOf(closed[i]);
            vm.assertEq(head, bytes32(0), "reopened");
            vm.assertEq(keccak256(abi.encode(outcome, awarded)), closedAs[closed[i]], "changed its outcome");
        }
        assertEq(overpaid, 0, "paid beyond the agreement");
    }
}
