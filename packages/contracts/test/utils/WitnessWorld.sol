// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How a witness carries on.
enum Manner {
    /// Votes for what it sees, in the intervals in which it sees anything, and signs tallies of certificates.
    Honest,
    /// Says nothing, ever.
    Silent,
    /// Honest up to some interval, then gone.
    Dead,
    /// Votes up and down at once, and signs whatever helps whoever asks.
    Equivocator,
    /// Votes the contrary of what it sees, and signs whatever helps whoever asks.
    Liar
}

/// @notice Five witnesses, a provider and the rules of docs/uptime.md, interval by interval, without any chain. What
/// comes of it are the tallies that each witness has signed last.
struct WitnessWorld {
    uint256 seed;
    Manner[5] manners;
    /// Intervals so far.
    uint256 passed;
    /// Of them: those that the provider served; those in which it was gone.
    uint256 served;
    uint256 gone;
    /// Those that a quorum's votes certify, one way and not the other.
    uint256 certifiedUp;
    uint256 certifiedDown;
    /// How often the provider stopped because what it served last was not covered by tallies, and how many intervals of
    /// service are not covered now.
    uint256 lapses;
    uint256 lost;
    bool leased;
    /// What each witness has signed last.
    uint256[5] ups;
    uint256[5] downs;
    uint256[5] throughs;
}

using WitnessWorlds for WitnessWorld global;

library WitnessWorlds {
    uint256 internal constant WITNESSES = 5;
    uint256 internal constant QUORUM = 3;

    /// @notice Fewer than a quorum lie; all others are honest, silent or die at some time.
    function create(uint256 seed) internal pure returns (WitnessWorld memory world) {
        world.seed = seed;
        world.leased = true;
        uint256 liars;
        for (uint256 i = 0; i < WITNESSES; ++i) {
            // Honest four times out of eight.
            uint256 manner = _dice(world, "manner", i) % 8;
            if (manner > 4) manner = 0;
            if (manner >= uint256(Manner.Equivocator) && ++liars >= QUORUM) manner = 0;
            world.manners[i] = Manner(manner);
        }
    }

    /// @notice One more interval.
    function step(WitnessWorld memory world) internal pure {
        // The provider is gone for stretches of about four intervals, a third of the time.
        bool alive = uint256(keccak256(abi.encode(world.seed, "alive", world.passed / 4))) % 3 != 0;
        bool serves = alive && world.leased;
        if (serves) ++world.served;
        if (!alive) ++world.gone;
        (uint256 ups, uint256 downs) = _votes(world, alive, serves);
        if (ups >= QUORUM && downs < QUORUM) ++world.certifiedUp;
        if (downs >= QUORUM && ups < QUORUM) ++world.certifiedDown;
        ++world.passed;
        uint256 signers = _tallies(world);
        _renew(world, signers);
    }

    function lies(WitnessWorld memory world, uint256 witness) internal pure returns (bool) {
        return world.manners[witness] == Manner.Equivocator || world.manners[witness] == Manner.Liar;
    }

    /// @notice What a quorum of all that was ever signed vouches for: tallies of liars at their worst for the provider.
    function covered(WitnessWorld memory world) internal pure returns (uint256 up) {
        for (uint256 candidate = 1; candidate <= world.passed; ++candidate) {
            uint256 vouching;
            for (uint256 i = 0; i < WITNESSES; ++i) {
                if (world.ups[i] >= candidate) ++vouching;
            }
            if (vouching >= QUORUM) up = candidate;
        }
    }

    function _votes(WitnessWorld memory world, bool alive, bool serves)
        private
        pure
        returns (uint256 ups, uint256 downs)
    {
        for (uint256 i = 0; i < WITNESSES; ++i) {
            Manner manner = world.manners[i];
            if (manner == Manner.Equivocator) (ups, downs) = (ups + 1, downs + 1);
            if (manner == Manner.Liar) (ups, downs) = serves ? (ups, downs + 1) : (ups + 1, downs);
            if (!_sees(world, i)) continue;
            if (serves) ++ups;
            // Fenced, but there: it asks for its lease again. That is neither service nor its absence.
            else if (!alive) ++downs;
        }
    }

    /// @dev Those who are there sign a tally of all certificates; liars sign less than that to harm the provider.
    function _tallies(WitnessWorld memory world) private pure returns (uint256 signers) {
        for (uint256 i = 0; i < WITNESSES; ++i) {
            if (!_sees(world, i) || lies(world, i)) continue;
            // Some are there to vote and gone before they sign.
            if (_dice(world, "sign", i) % 8 == 0) continue;
            (world.ups[i], world.downs[i], world.throughs[i]) = (world.certifiedUp, world.certifiedDown, world.passed);
            ++signers;
        }
        // Liars help now and then, never saying more than there is: what they say beyond is tried at the end.
        for (uint256 i = 0; i < WITNESSES; ++i) {
            if (!lies(world, i) || _dice(world, "help", i) % 2 == 0) continue;
            (world.ups[i], world.throughs[i]) = (world.certifiedUp, world.passed);
            ++signers;
        }
    }

    /// @dev The provider's rule: go on only with a quorum's fresh tallies that cover all it served, but for what it has
    /// written off. One interval is written off at the most each time it stops.
    function _renew(WitnessWorld memory world, uint256 signers) private pure {
        uint256 open = world.served - world.covered();
        if (open > world.lost) ++world.lapses;
        world.leased = open <= world.lost && signers >= QUORUM;
        // What was given up may be covered after all: a certificate is as good tomorrow.
        world.lost = open;
    }

    function _sees(WitnessWorld memory world, uint256 witness) private pure returns (bool) {
        Manner manner = world.manners[witness];
        if (manner == Manner.Silent || lies(world, witness)) return false;
        uint256 dies = uint256(keccak256(abi.encode(world.seed, "dies", witness))) % 16;
        if (manner == Manner.Dead && world.passed >= dies) return false;
        return _dice(world, "sees", witness) % 8 != 0;
    }

    function _dice(WitnessWorld memory world, string memory what, uint256 witness) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(world.seed, what, witness, world.passed)));
    }
}
