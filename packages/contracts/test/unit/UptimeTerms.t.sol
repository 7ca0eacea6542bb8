// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUptime} from "../../src/interfaces/IUptime.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice What all calls ask of the terms before anything else.
contract UptimeTermsTest is UptimeFixture {
    function setUp() public override {
        super.setUp();
        passIntervals(10);
    }

    // ---------------------------------------------------------------------------------------------------- parties

    function test_RevertWhen_TheChannelIsAnother() public {
        ChannelKey memory other = serviceKey(2);
        bytes memory both = agreed();
        Statement[] memory statements = quorumSays(10, 0, 10);
        vm.expectRevert(
            abi.encodeWithSelector(IUptime.ChannelMismatch.selector, terms.channel, ChannelId.unwrap(other.id()))
        );
        uptime.redeem(terms, other, both, statements);
        vm.expectRevert(
            abi.encodeWithSelector(IUptime.ChannelMismatch.selector, terms.channel, ChannelId.unwrap(other.id()))
        );
        uptime.credit(terms, other, both, statements);
    }

    function test_RevertWhen_ThePayeeIsAnother() public {
        terms.payee = mallory;
        _expectRefused(abi.encodeWithSelector(IUptime.PartiesMismatch.selector));
    }

    /// @dev An arbitrary token: credits would be paid in what the bond happens to hold of it.
    function test_RevertWhen_TheTokenIsAnother() public {
        terms.token = address(escrow);
        _expectRefused(abi.encodeWithSelector(IUptime.PartiesMismatch.selector));
    }

    function test_RevertWhen_TheArbiterIsAnother() public {
        key.arbiter = mallory;
        terms.channel = ChannelId.unwrap(key.id());
        _expectRefused(abi.encodeWithSelector(IUptime.PartiesMismatch.selector));
        key.arbiter = address(0);
        terms.channel = ChannelId.unwrap(key.id());
        _expectRefused(abi.encodeWithSelector(IUptime.PartiesMismatch.selector));
    }

    // ------------------------------------------------------------------------------------------------- signatures

    function test_RevertWhen_TheBuyerDidNotAgree() public {
        bytes32 digest = digestOf(terms.hash());
        bytes memory provider = signCompact(NODE_SECRET, digest);
        // The payer itself does not sign for a channel that names a session key.
        uint256[3] memory others = [MALLORY_SECRET, NODE_SECRET, ALICE_SECRET];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectRefused(
                abi.encodeWithSelector(IUptime.NotAgreed.selector, session),
                bytes.concat(signCompact(others[i], digest), provider)
            );
        }
    }

    function test_RevertWhen_TheProviderDidNotAgree() public {
        bytes32 digest = digestOf(terms.hash());
        bytes memory buyer = signCompact(SESSION_SECRET, digest);
        uint256[2] memory others = [MALLORY_SECRET, SESSION_SECRET];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectRefused(
                abi.encodeWithSelector(IUptime.NotAgreed.selector, node),
                bytes.concat(buyer, signCompact(others[i], digest))
            );
        }
    }

    /// @dev Recovery answers zero to nonsense; zero is no provider.
    function test_RevertWhen_TheProviderIsZero() public {
        terms.provider = address(0);
        bytes memory buyer = signCompact(SESSION_SECRET, digestOf(terms.hash()));
        _expectRefused(
            abi.encodeWithSelector(IUptime.NotAgreed.selector, address(0)), bytes.concat(buyer, new bytes(64))
        );
    }

    function test_RevertWhen_TheSignaturesAreNotTwo() public {
        bytes memory both = agreed();
        bytes memory reason = abi.encodeWithSelector(IUptime.NotAgreed.selector, session);
        _expectRefused(reason, "");
        _expectRefused(reason, new bytes(127));
        _expectRefused(reason, new bytes(128));
        _expectRefused(reason, bytes.concat(both, hex"00"));
        assembly ("memory-safe") {
            mstore(both, 64)
        }
        _expectRefused(reason, both);
    }

    function test_RevertWhen_OtherTermsWereSigned() public {
        ServiceTerms memory signedTerms = terms;
        bytes memory both = agreedTo(signedTerms);
        for (uint256 field = 0; field < 8; ++field) {
            ServiceTerms memory changed = termsOf(key);
            if (field == 0) changed.deployment = 0;
            if (field == 1) changed.slot += 1;
            if (field == 2) changed.startsAt -= 1;
            if (field == 3) changed.intervalSec -= 1;
            if (field == 4) changed.intervalsMax += 1;
            if (field == 5) changed.pricePerInterval += 1;
            if (field == 6) changed.creditPerInterval += 1;
            if (field == 7) changed.quorum += 1;
            _expectRefused(changed, abi.encodeWithSelector(IUptime.NotAgreed.selector, session), both);
        }
    }

    /// @dev Friends of the provider in place of the witnesses that were signed for.
    function test_RevertWhen_OtherWitnessesWereSigned() public {
        bytes memory both = agreed();
        ServiceTerms memory changed = termsOf(key);
        changed.witnesses[4] = address(type(uint160).max);
        _expectRefused(changed, abi.encodeWithSelector(IUptime.NotAgreed.selector, session), both);
    }

    function test_RevertWhen_SignedForAnotherChain() public {
        bytes memory both = agreed();
        vm.chainId(block.chainid + 1);
        _expectRefused(terms, abi.encodeWithSelector(IUptime.NotAgreed.selector, session), both);
    }

    function test_ThePayerSigns_WhereNoSessionIsNamed() public {
        ChannelKey memory plain = keyOf(alice, bob, address(0), 3);
        plain.arbiter = address(uptime);
        openFor(plain, DEPOSIT);
        ServiceTerms memory made = termsOf(plain);
        bytes32 digest = digestOf(made.hash());
        bytes memory both = bytes.concat(signCompact(ALICE_SECRET, digest), signCompact(NODE_SECRET, digest));
        terms = made;
        assertEq(uptime.redeem(made, plain, both, quorumSays(10, 0, 10)), 10 * PRICE, "paid");
    }

    // -------------------------------------------------------------------------------------------------- witnesses

    function test_RevertWhen_ThereIsNoWitness() public {
        terms.witnesses = new address[](0);
        terms.quorum = 0;
        _expectRefused(abi.encodeWithSelector(IUptime.WitnessesInvalid.selector, 0));
    }

    function test_RevertWhen_ThereAreTooMany() public {
        uint256 max = uptime.WITNESSES_MAX();
        assertEq(max, 31, "max");
        witnessSecrets = sortedSecrets(max + 1);
        terms = termsOf(key);
        terms.quorum = 17;
        _expectRefused(abi.encodeWithSelector(IUptime.WitnessesInvalid.selector, 32));
    }

    function test_ManyWitnesses() public {
        witnessSecrets = sortedSecrets(31);
        terms = termsOf(key);
        terms.quorum = 16;
        assertEq(uptime.redeem(terms, key, agreed(), allSay(31, 10, 0, 10)), 10 * PRICE, "paid");
    }

    function test_OneWitness() public {
        witnessSecrets = sortedSecrets(1);
        terms = termsOf(key);
        terms.quorum = 1;
        assertEq(uptime.redeem(terms, key, agreed(), allSay(1, 10, 0, 10)), 10 * PRICE, "paid");
    }

    function test_RevertWhen_AWitnessIsListedTwice() public {
        terms.witnesses[3] = terms.witnesses[2];
        _expectRefused(abi.encodeWithSelector(IUptime.WitnessesInvalid.selector, 3));
    }

    function test_RevertWhen_WitnessesAreNotAscending() public {
        (terms.witnesses[1], terms.witnesses[2]) = (terms.witnesses[2], terms.witnesses[1]);
        _expectRefused(abi.encodeWithSelector(IUptime.WitnessesInvalid.selector, 2));
    }

    function test_RevertWhen_TheZeroAccountIsAWitness() public {
        terms.witnesses[0] = address(0);
        _expectRefused(abi.encodeWithSelector(IUptime.WitnessesInvalid.selector, 0));
    }

    function test_RevertWhen_APartyIsAWitness() public {
        address[4] memory parties = [node, bob, alice, session];
        for (uint256 i = 0; i < parties.length; ++i) {
            terms = termsOf(key);
            uint256 place = _insert(parties[i]);
            _expectRefused(abi.encodeWithSelector(IUptime.WitnessesInvalid.selector, place));
        }
    }

    function test_RevertWhen_TheQuorumIsNoMajority_OrMoreThanAll() public {
        uint8[5] memory quorums = [0, 1, 2, 6, 255];
        for (uint256 i = 0; i < quorums.length; ++i) {
            terms.quorum = quorums[i];
            _expectRefused(abi.encodeWithSelector(IUptime.QuorumInvalid.selector, quorums[i], 5));
        }
    }

    /// @dev Of an even number, half is no majority: two halves could each certify the contrary.
    function test_RevertWhen_TheQuorumIsHalf() public {
        witnessSecrets = sortedSecrets(4);
        terms = termsOf(key);
        terms.quorum = 2;
        _expectRefused(abi.encodeWithSelector(IUptime.QuorumInvalid.selector, 2, 4));
    }

    // ---------------------------------------------------------------------------------------------------- numbers

    function test_RevertWhen_IntervalsHaveNoLength() public {
        terms.intervalSec = 0;
        _expectRefused(abi.encodeWithSelector(IUptime.TermsInvalid.selector));
    }

    function test_RevertWhen_ThereIsNoInterval() public {
        terms.intervalsMax = 0;
        _expectRefused(abi.encodeWithSelector(IUptime.TermsInvalid.selector));
    }

    function test_RevertWhen_TheyComeToMoreThanAChannelCounts() public {
        (terms.pricePerInterval, terms.intervalsMax) = (type(uint104).max, 2);
        _expectRefused(abi.encodeWithSelector(IUptime.TermsInvalid.selector));
        (terms.pricePerInterval, terms.creditPerInterval) = (1, type(uint128).max);
        terms.intervalsMax = type(uint32).max;
        _expectRefused(abi.encodeWithSelector(IUptime.TermsInvalid.selector));
        (terms.creditPerInterval, terms.intervalsMax) = (type(uint104).max, 1);
        assertEq(uptime.redeem(terms, key, agreed(), quorumSays(1, 0, 1)), 1, "paid");
    }

    // ----------------------------------------------------------------------------------------------------- helpers

    /// @dev Puts a party in place of a witness where the order stays ascending.
    function _insert(address party) private returns (uint256 place) {
        while (place < 4 && terms.witnesses[place + 1] < party) ++place;
        terms.witnesses[place] = party;
    }

    function _expectRefused(bytes memory reason) private {
        _expectRefused(reason, agreed());
    }

    function _expectRefused(bytes memory reason, bytes memory both) private {
        _expectRefused(terms, reason, both);
    }

    function _expectRefused(ServiceTerms memory terms_, bytes memory reason, bytes memory both) private {
        ChannelKey memory key_ = key;
        Statement[] memory statements = quorumSays(10, 0, 10);
        vm.expectRevert(reason);
        uptime.redeem(terms_, key_, both, statements);
        vm.expectRevert(reason);
        uptime.credit(terms_, key_, both, statements);
        vm.expectRevert(reason);
        vm.prank(terms_.provider);
        uptime.end(terms_, key_, both);
    }
}
