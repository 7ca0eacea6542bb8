// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

import {ICourt} from "../interfaces/ICourt.sol";
import {Rules} from "../libraries/Rules.sol";
import {Seat, Seats} from "../types/Seat.sol";
import {State} from "../types/Stage.sol";
import {CourtLedger} from "./CourtLedger.sol";

/// @title Seats of jurors: one unit of stake each, numbered for ever, drawn with equal chances
abstract contract CourtSeats is CourtLedger {
    /// @inheritdoc ICourt
    uint256 public constant SEAT_EXIT_SEC = Rules.SEAT_EXIT_SEC;

    Seat[] internal _seats;

    /// @inheritdoc ICourt
    function sit(uint256 count) external returns (uint256 first) {
        if (count == 0) revert AmountZero();
        first = _seats.length;
        if (count > type(uint32).max - first) revert SeatsFull(first);
        _debitQuanta(msg.sender, count * Seats.QUANTA);
        for (uint256 i = 0; i < count; ++i) {
            _seats.push(_newSeat());
        }
        emit SeatsTaken(msg.sender, first, count);
    }

    /// @inheritdoc ICourt
    function sitIn(uint256 seat) external {
        address owner = _seats[seat].owner;
        if (owner != address(0)) revert SeatTaken(seat, owner);
        _debitQuanta(msg.sender, Seats.QUANTA);
        _seats[seat] = _newSeat();
        emit SeatsTaken(msg.sender, seat, 1);
    }

    /// @inheritdoc ICourt
    function stand(uint256 seat) external {
        Seat memory state = _ownSeat(seat);
        if (state.leavingAt != 0) revert SeatLeaving(seat);
        state.leavingAt = uint40(block.timestamp);
        _seats[seat] = state;
        emit SeatStanding(seat, block.timestamp + Rules.SEAT_EXIT_SEC);
    }

    /// @inheritdoc ICourt
    function vacate(uint256 seat) external returns (uint256 amount) {
        Seat memory state = _ownSeat(seat);
        if (state.leavingAt == 0) revert LeaveTooEarly(0);
        uint256 leaveAt = uint256(state.leavingAt) + Rules.SEAT_EXIT_SEC;
        if (block.timestamp < leaveAt) revert LeaveTooEarly(leaveAt);
        delete _seats[seat];
        amount = state.quanta * QUANTUM;
        _creditQuanta(msg.sender, state.quanta);
        emit SeatLeft(seat, msg.sender, amount);
    }

    /// @inheritdoc ICourt
    function collect(uint256 seat) external returns (uint256 amount) {
        Seat memory state = _seats[seat];
        if (state.quanta <= Seats.QUANTA) revert AmountZero();
        uint256 earned = state.quanta - Seats.QUANTA;
        state.quanta = Seats.QUANTA;
        _seats[seat] = state;
        amount = earned * QUANTUM;
        _creditQuanta(state.owner, earned);
        emit SeatCollected(seat, state.owner, amount);
    }

    /// @inheritdoc ICourt
    function seatOf(uint256 seat)
        external
        view
        returns (address owner, uint256 since, uint256 leavingAt, uint256 stake)
    {
        Seat memory state = _seats[seat];
        return (state.owner, state.since, state.leavingAt, state.quanta * QUANTUM);
    }

    /// @inheritdoc ICourt
    function seatCount() external view returns (uint256) {
        return _seats.length;
    }

    /// @dev Draws up to `size` different seats into `next`. A seat that may not judge is no seat, and another try is made:
    /// looking at its neighbour instead would let whoever sits behind a row of tombstones be drawn most of the time.
    function _drawSeats(State memory next, bytes32 seed, uint256 size) internal view {
        uint256 count = next.seatCount;
        if (count == 0) return;
        uint256 tries = size * Rules.DRAW_TRIES;
        for (uint256 i = 0; i < tries && next.jurors < size; ++i) {
            uint256 seat = uint256(Hashes.efficientKeccak256(seed, bytes32(i))) % count;
            if (!_isDrawn(next, seat) && _seats[seat].mayJudge(next.calledAt)) next.addSeat(seat);
        }
    }

    /// @dev Adds and takes quanta of a seat that was drawn. A seat that was left since, or has another owner, is no part
    /// of the case any more; nobody is drawn who can be gone before a case that nobody delays is over.
    /// @return taken how much less the seat has now
    /// @return given how much more
    function _judgeSeat(uint256 seat, uint256 calledAt, bool right, uint16 penalty)
        internal
        returns (uint16 taken, uint16 given)
    {
        Seat memory state = _seats[seat];
        if (state.owner == address(0) || state.since >= calledAt) return (0, 0);
        if (right) {
            if (state.quanta > type(uint16).max - Rules.FEE_QUANTA) return (0, 0);
            state.quanta += Rules.FEE_QUANTA;
            given = Rules.FEE_QUANTA;
        } else {
            taken = penalty < state.quanta ? penalty : state.quanta;
            if (taken == 0) return (0, 0);
            state.quanta -= taken;
            if (state.quanta < Rules.SEAT_QUANTA_MIN && state.leavingAt == 0) {
                state.leavingAt = uint40(block.timestamp);
                emit SeatStanding(seat, block.timestamp + Rules.SEAT_EXIT_SEC);
            }
        }
        _seats[seat] = state;
    }

    function _newSeat() private view returns (Seat memory) {
        return Seat(msg.sender, uint40(block.timestamp), 0, Seats.QUANTA);
    }

    function _ownSeat(uint256 seat) private view returns (Seat memory state) {
        state = _seats[seat];
        if (state.owner != msg.sender) revert NotSeatOwner(seat, msg.sender);
    }

    function _isDrawn(State memory next, uint256 seat) private pure returns (bool) {
        for (uint256 position = 0; position < next.jurors; ++position) {
            if (next.seatAt(position) == seat) return true;
        }
        return false;
    }
}
