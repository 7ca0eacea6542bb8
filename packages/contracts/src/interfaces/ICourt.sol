// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Receipt} from "../messages/Receipt.sol";
import {Case} from "../types/Case.sol";
import {ChannelId} from "../types/ChannelId.sol";
import {ChannelKey} from "../types/ChannelKey.sol";
import {CommittedVote, Filing, InclusionProof, Statement} from "../types/Filing.sol";
import {Hearing, Outcome, Ruling, Stage, Turn} from "../types/Stage.sol";

/// @title Court: judges jobs that are deterministic, by having staked jurors run them again
/// @notice A channel whose key names this court as its arbiter can be taken here by its provider, when the buyer is
/// silent or will not pay (a *claim*), and by its buyer, when it paid for a wrong result (a *fault*). No job that goes
/// well ever gets here. States, windows and who can lose what are drawn in docs/court.md.
///
/// A case is a conversation with deadlines. Whoever is silent when it is his turn loses, and once a deadline is over
/// anybody may call {finalise} (or {tally}), so that every case ends, with its hold released and its stakes paid out.
///
/// The court stores one word per case, the hash of all there is to know, and whoever calls brings the rest: the {Case},
/// which never changes, and the {Stage}, which every function answers anew and whose changes the events tell. Calling with
/// an older stage fails with {StageUnknown}.
///
/// Stakes are in one token and move as numbers between accounts of this contract: {deposit} before, {withdraw} after. So
/// no token can block a case. They are counted in quanta, a twentieth of a juror's seat.
///
///     Σ balances + Σ stakes of seats + Σ pots of cases + burnt = liabilities <= token balance of this contract
///
/// There is no owner, no upgrade, no fee and no pause.
///
/// @dev A stake token that takes a fee on transfer is credited by what arrived. One whose balances shrink by themselves
/// is no stake token.
interface ICourt {
    // ------------------------------------------------------------------------------------------------------- events

    /// @notice `amount` arrived from `from` and was added to the balance of `account`.
    event Deposited(address indexed account, address indexed from, uint256 amount);

    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice `owner` took seats `first` to `first + count - 1`.
    event SeatsTaken(address indexed owner, uint256 first, uint256 count);

    /// @notice From now on the seat is drawn for no new case. Its owner may leave it from `leaveAt` on, a UNIX second.
    event SeatStanding(uint256 indexed seat, uint256 leaveAt);

    /// @notice What was left of the seat's stake went to the balance of its owner.
    event SeatLeft(uint256 indexed seat, address indexed owner, uint256 amount);

    /// @notice What the seat has earned beyond its stake went to the balance of its owner.
    event SeatCollected(uint256 indexed seat, address indexed owner, uint256 amount);

    /// @notice A case begins.
    /// @param facts the case itself, to be given with every call about it
    /// @param until UNIX second up to which the other side may act
    event CaseOpened(
        bytes32 indexed id,
        ChannelId indexed channel,
        address indexed plaintiff,
        Case facts,
        bytes32 anchor,
        uint48 until
    );

    /// @notice The claimant must show chunk `chunk` of the output.
    event DataDemanded(bytes32 indexed id, address indexed demander, uint48 chunk, uint48 dataUntil, uint48 until);

    event DataAnswered(bytes32 indexed id, uint48 indexed chunk, bytes data);

    /// @notice A jury is going to judge.
    /// @param target number of the block whose hash it is drawn with
    /// @param seatCount how many seats it is drawn from, tombstones among them
    event CaseChallenged(
        bytes32 indexed id, address indexed defendant, bytes32 anchor, uint48 target, uint32 seatCount, uint48 until
    );

    event DrawHashPinned(bytes32 indexed id, uint8 round, bytes32 drawHash);

    /// @notice The hash of the block that was to be drawn with cannot be had any more: `target` takes its place.
    event DrawPostponed(bytes32 indexed id, uint8 round, uint48 target);

    /// @notice A party showed its secret of this round. Zero: not the one, or not now.
    event SecretsRevealed(
        bytes32 indexed id, uint8 round, bytes32 plaintiffSecret, bytes32 defendantSecret, bytes32 drawHash
    );

    /// @notice `jurors` seats were drawn: 32 bits each, the first in the lowest bits of the first word.
    event JuryDrawn(bytes32 indexed id, uint8 round, uint8 jurors, uint256[4] seats, uint48 until);

    /// @notice A juror of the round that {JuryDrawn} began committed itself, at `position` of the jury.
    event VoteCommitted(bytes32 indexed id, uint256 position, bytes32 commitment);

    event VoteRevealed(bytes32 indexed id, uint256 position, bytes32 vote);

    /// @notice The jury of this round has spoken.
    /// @param pot what is left for the parties, in quanta
    /// @param until UNIX second up to which the loser may appeal
    event CaseRuled(bytes32 indexed id, uint8 round, Ruling ruling, uint16 pot, uint48 until);

    event CaseAppealed(bytes32 indexed id, address indexed appellant, uint8 round, uint48 target, uint48 until);

    /// @notice A case is over for ever.
    /// @param awarded what the payee (claim) or the payer (fault) was really credited for it, in the channel's token
    /// @param credited claim: how much less was due because vouchers beyond the acknowledged one had paid it
    event CaseClosed(bytes32 indexed id, Outcome outcome, uint256 awarded, uint256 credited);

    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice Nothing would move.
    error AmountZero();

    /// @notice The zero account can own nothing.
    error AccountZero();

    /// @notice Tokens cannot be sent to the zero account or to this contract.
    error RecipientInvalid(address to);

    /// @notice The caller's balance here is too small for the stake: {deposit} more.
    error BalanceInsufficient(uint256 balance, uint256 needed);

    /// @notice A seat's unit is a multiple of its quanta, so that no division ever leaves a rest.
    error SeatUnitInvalid(uint256 seatUnit, uint256 quanta);

    /// @notice No more seats can be counted.
    error SeatsFull(uint256 count);

    error SeatTaken(uint256 seat, address owner);

    error NotSeatOwner(uint256 seat, address caller);

    /// @notice The seat is being left already.
    error SeatLeaving(uint256 seat);

    /// @param leaveAt UNIX second from which on it is possible; zero means that nobody asked to
    error LeaveTooEarly(uint256 leaveAt);

    /// @notice The channel's arbiter is another one, so that this court has no say.
    error NotArbiter(address arbiter);

    error CallerNotParty(address caller);

    /// @notice Not signed by the key it should be signed by, or not a well-formed signature.
    error SignatureInvalid(address expected);

    /// @notice The bid pays another account than the channel does.
    error PayeeMismatch(address bidPayee, address channelPayee);

    /// @notice The receipt is about another agreement than the one that was agreed to.
    error AgreementMismatch(bytes32 receiptAgreement, bytes32 agreement);

    /// @notice The receipt charges more than the bid allows.
    error PriceExceeded(uint256 amount, uint256 priceMax);

    /// @notice Nothing is due.
    error NothingDue(uint256 amount, uint256 alreadyPaid);

    /// @notice Only a receipt that states a result can state a wrong one.
    error NoResult();

    /// @notice Faults are brought within {FAULT_SEC} of the receipt.
    error FaultTooLate(uint256 lastSec);

    /// @notice There was such a case already; there is never another.
    error CaseExists(bytes32 id);

    /// @notice That is not how the case stands: it moved, it is over, or it never was.
    error StageUnknown(bytes32 id);

    /// @notice The case does not belong to that channel.
    error ChannelMismatch();

    /// @notice Not possible in this phase of the case.
    error PhaseWrong();

    /// @notice The deadline `until` is over.
    error TooLate(uint256 until);

    /// @notice It is still somebody's turn, up to and including `until`.
    error TooEarly(uint256 until);

    /// @notice Only claims have data and payments to ask about.
    error NotClaim();

    error DemandsUsedUp(uint256 max);

    error ChunkOutOfRange(uint256 chunk, uint256 chunks);

    /// @notice Does not prove what it should.
    error ProofInvalid();

    /// @notice The vouchers that were redeemed pay only `credited` of what is due.
    error NotPaid(uint256 credited, uint256 due);

    /// @notice That payment was not redeemed as far as `cumulative`: redeem its voucher first.
    error NotSettled(uint256 settled, uint256 cumulative);

    /// @notice The hash of that block is known only after it.
    error BlockTooEarly(uint256 target);

    /// @notice The hash of that block cannot be had any more: {pin} names another one.
    error BlockHashGone(uint256 target);

    error AlreadyPinned();

    /// @notice Does not hash to the party's link, or was shown before.
    error SecretInvalid();

    /// @notice That position was not drawn, or its seat belongs to another.
    error NotJuror(uint256 position, address caller);

    error AlreadyCommitted(uint256 position);

    /// @notice The list of commitments is not the one that was made, or the vote is not the one that was committed.
    error VoteInvalid();

    /// @notice There are no more rounds, or no more time for one.
    error AppealsUsedUp();

    // ------------------------------------------------------------------------------------------------------ balances

    /// @notice Takes `amount` of the stake token from the caller (who approved it) and adds what arrived to `account`.
    function deposit(address account, uint256 amount) external returns (uint256 credited);

    /// @notice Sends `amount` of the caller's balance to `to`.
    function withdraw(address to, uint256 amount) external;

    /// @notice What `account` can stake or withdraw.
    function balanceOf(address account) external view returns (uint256);

    // --------------------------------------------------------------------------------------------------------- seats

    /// @notice Takes `count` new seats, each for a unit of the caller's balance.
    /// @return first number of the first; the others follow
    function sit(uint256 count) external returns (uint256 first);

    /// @notice Takes a seat that somebody left.
    function sitIn(uint256 seat) external;

    /// @notice Asks to leave. The seat is drawn for no new case, and answers for the old ones for {SEAT_EXIT_SEC}.
    function stand(uint256 seat) external;

    /// @notice Leaves a seat for good: what it holds goes to the caller's balance.
    function vacate(uint256 seat) external returns (uint256 amount);

    /// @notice Takes what a seat has earned beyond its stake into the owner's balance. Anybody may call.
    function collect(uint256 seat) external returns (uint256 amount);

    /// @notice A seat; all zero if it was left. `stake` is in token units.
    function seatOf(uint256 seat) external view returns (address owner, uint256 since, uint256 leavingAt, uint256 stake);

    /// @notice How many seats there are, tombstones among them.
    function seatCount() external view returns (uint256);

    // --------------------------------------------------------------------------------------------------------- cases

    /// @notice A provider claims what its last receipt charges and the buyer has not paid. For the payee or the
    /// provider's key. Stakes {CASE_QUANTA} of the caller's balance, and holds the channel.
    /// @dev What the channel pays beyond the acknowledged voucher pays open claims first, see {closePaid}: so a claimant
    /// states the newest voucher it has, and takes no vouchers for anything else on that channel until the case is over.
    function claim(Filing calldata filing, Statement calldata statement) external returns (bytes32 id);

    /// @notice A buyer sues the provider for a wrong result, within {FAULT_SEC} of its receipt. For the payer or the
    /// channel's voucher signer. Stakes {CASE_QUANTA} of the caller's balance.
    function fault(Filing calldata filing) external returns (bytes32 id);

    /// @notice Ends a claim that lies about what was paid: an acknowledged voucher commits to a later receipt of the same
    /// agreement than the claimant states. Its stake goes to the payer. Anybody may call while the claim is open.
    /// @param receipt a receipt of the same agreement with an `amount` beyond `alreadyPaid`
    /// @param receiptSignature over it, by the same provider
    /// @param cumulative what the channel had promised once it was paid; redeemed by now
    /// @param proof that the leaf of both is in the log that the acknowledged voucher commits to
    function rebutPaid(
        ChannelKey calldata key,
        Case calldata facts,
        Stage calldata stage,
        Receipt calldata receipt,
        bytes calldata receiptSignature,
        uint128 cumulative,
        InclusionProof calldata proof
    ) external;

    /// @notice Ends an open claim that redeemed vouchers beyond the acknowledged one have paid in full. The stake goes
    /// back to the claimant. Anybody may call.
    /// @dev {finalise} takes such payments into account in any case; this does it at once.
    function closePaid(ChannelKey calldata key, Case calldata facts, Stage calldata stage) external;

    /// @notice The buyer asks to see a chunk of the output. Costs a quantum, which goes to whoever answers. For the payer
    /// or voucher signer of a claim, {DEMANDS_MAX} times.
    function demandData(ChannelKey calldata key, Case calldata facts, Stage calldata stage, uint48 chunk)
        external
        returns (Stage memory next);

    /// @notice Shows the chunk. Anybody who has it may.
    /// @param path audit path of the chunk in the tree that `dataRoot` is the root of
    function answerData(Case calldata facts, Stage calldata stage, bytes calldata data, bytes32[] calldata path)
        external
        returns (Stage memory next);

    /// @notice Contests a case: a jury will decide. Stakes {CASE_QUANTA} of the caller's balance. For the payer or voucher
    /// signer of a claim; for the payee, the provider's key or its owner in a fault.
    /// @param anchor end of the caller's hash chain, see {Filing}
    function challenge(ChannelKey calldata key, Case calldata facts, Stage calldata stage, bytes32 anchor)
        external
        returns (Stage memory next);

    /// @notice Remembers the hash of the block that the jury is drawn with, or names another block if it is too old to be
    /// had. Anybody may call.
    function pin(bytes32 id, bytes32 facts, bytes32 truth, Stage calldata stage) external returns (Stage memory next);

    /// @notice Shows the secret of this round of one party, or of both; draws the jury with the last of them. Pins first if
    /// need be. Anybody who has the secrets may call; in an appeal, the party that answers it stakes with its secret.
    /// @param plaintiffSecret zero to show none
    /// @param defendantSecret zero to show none
    function revealSecrets(
        bytes32 id,
        bytes32 facts,
        bytes32 truth,
        Stage calldata stage,
        bytes32 plaintiffSecret,
        bytes32 defendantSecret
    ) external returns (Stage memory next);

    /// @notice A juror commits to its vote for the seat drawn at `position`.
    /// @param commitment `keccak256(abi.encode(id, round, juror, seat, keccak256(abi.encode(vote, salt))))`: worthless to
    /// anybody else
    function commitVote(Hearing calldata hearing, uint256 position, bytes32 commitment) external;

    /// @notice A juror shows its vote: the truth as it found it. Possible once all have committed or the time to commit is
    /// over. The last one to reveal ends the round.
    /// @param votes all commitments of this round in the order they were made
    /// @param index which of them is meant
    function revealVote(
        Hearing calldata hearing,
        CommittedVote[] calldata votes,
        uint256 index,
        bytes32 vote,
        bytes32 salt
    ) external returns (Turn memory next);

    /// @notice Ends a round in which somebody did not vote, once the time is over. Anybody may call.
    function tally(Hearing calldata hearing) external returns (Turn memory next);

    /// @notice The loser of a round (the plaintiff, if there was no majority) asks for a jury twice as large and one more.
    /// Stakes twice that many quanta; the other side must stake as much with its secret.
    function appeal(Case calldata facts, Stage calldata stage) external returns (Stage memory next);

    /// @notice Ends a case whose deadline is over: pays the award and the stakes, releases the hold. Anybody may call.
    function finalise(ChannelKey calldata key, Case calldata facts, Stage calldata stage)
        external
        returns (Outcome outcome, uint256 awarded);

    // --------------------------------------------------------------------------------------------------------- views

    /// @notice What the court remembers of a case.
    /// @return head hash of a running case, see {States.head}; zero if it is over or never was
    /// @return outcome none while it runs
    /// @return awarded what it came to, once it is over
    function caseOf(bytes32 id) external view returns (bytes32 head, Outcome outcome, uint256 awarded);

    /// @notice The votes of the running round.
    /// @return votes a hash over all commitments and a few bits per position, see {Ballots}
    function votesOf(bytes32 id) external view returns (uint256 votes);

    /// @notice Open claims on a channel, and which units of its `settled` were credited to claims.
    function docketOf(ChannelId channel) external view returns (uint256 cases, uint256 from, uint256 to);

    /// @notice What was burnt of penalties and missed secrets: held here for ever, owed to nobody.
    function burnt() external view returns (uint256);

    /// @notice All balances, seats, pots and the burnt together.
    function liabilities() external view returns (uint256);

    function escrow() external view returns (address);

    function bonds() external view returns (address);

    function stakeToken() external view returns (address);

    /// @notice What a seat costs, in units of the stake token.
    function seatUnit() external view returns (uint256);

    /// @notice How long a case can take at most, if those who could end it do not wait.
    function CASE_SEC_MAX() external view returns (uint256);

    /// @notice How long after its receipt a fault can be brought.
    function FAULT_SEC() external view returns (uint256);

    /// @notice How long a seat answers for cases after its owner asked to leave it.
    function SEAT_EXIT_SEC() external view returns (uint256);

    /// @notice What each side stakes for the first jury, in quanta.
    function CASE_QUANTA() external view returns (uint256);

    /// @notice How many chunks a buyer can ask for.
    function DEMANDS_MAX() external view returns (uint256);
}
