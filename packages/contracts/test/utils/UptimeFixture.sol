// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IBonds} from "../../src/interfaces/IBonds.sol";
import {IUptime} from "../../src/interfaces/IUptime.sol";
import {KeyPossession} from "../../src/messages/KeyPossession.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {UptimeTally} from "../../src/messages/UptimeTally.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMetas} from "../../src/types/ChannelMeta.sol";
import {Statement} from "../../src/types/Statement.sol";
import {EscrowFixture} from "./EscrowFixture.sol";
import {vm} from "./Vm.sol";

/// @notice Alice runs a service on bob's node, which five witnesses watch. Bob answers for it with his bond.
abstract contract UptimeFixture is EscrowFixture {
    uint256 internal constant NODE_SECRET = 0x0DE;
    uint256 internal constant WITNESSES = 5;
    uint8 internal constant QUORUM = 3;
    uint256 internal constant START = 1_800_000_000;
    uint32 internal constant INTERVAL_SEC = 60;
    uint32 internal constant INTERVALS_MAX = 100_000;
    uint128 internal constant PRICE = 7;
    uint128 internal constant CREDIT = 11;
    uint256 internal constant DEPOSIT = 1_000_000;
    uint256 internal constant EXPOSED = 1_000_000;

    IBonds internal bonds;
    IUptime internal uptime;
    address internal node = vm.addr(NODE_SECRET);
    /// @dev In ascending order of their addresses.
    uint256[] internal witnessSecrets;
    ChannelKey internal key;
    ServiceTerms internal terms;

    function setUp() public virtual override {
        super.setUp();
        bonds = IBonds(vm.deployCode("Bonds.sol:Bonds", abi.encode(address(escrow))));
        uptime = IUptime(vm.deployCode("Uptime.sol:Uptime", abi.encode(address(escrow), address(bonds))));
        witnessSecrets = sortedSecrets(WITNESSES);
        key = serviceKey(1);
        terms = termsOf(key);
        openFor(key, DEPOSIT);
        _bond();
    }

    function _bond() private {
        bytes32 possession = MessageHashUtils.toTypedDataHash(bonds.domainSeparator(), KeyPossession(node, bob).hash());
        token.mint(bob, 10 * EXPOSED);
        vm.startPrank(bob);
        token.approve(address(bonds), 10 * EXPOSED);
        bonds.registerKey(node, signCompact(NODE_SECRET, possession));
        bonds.bond(address(token), bob, 10 * EXPOSED);
        bonds.expose(address(token), address(uptime), EXPOSED);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------------------------------------- messages

    /// @notice alice -> bob, signed for by alice's session key, judged by uptime.
    function serviceKey(uint64 salt) internal view returns (ChannelKey memory) {
        return
            ChannelKey(alice, bob, address(token), address(uptime), ChannelMetas.encode(session, CLOSE_DELAY_SEC, salt));
    }

    function termsOf(ChannelKey memory key_) internal view returns (ServiceTerms memory made) {
        made.deployment = keccak256("deployment");
        made.slot = 2;
        made.provider = node;
        made.payee = key_.payee;
        made.token = key_.token;
        made.channel = ChannelId.unwrap(key_.id());
        made.witnesses = new address[](witnessSecrets.length);
        for (uint256 i = 0; i < witnessSecrets.length; ++i) {
            made.witnesses[i] = vm.addr(witnessSecrets[i]);
        }
        made.quorum = QUORUM;
        made.startsAt = uint64(START);
        made.intervalSec = INTERVAL_SEC;
        made.intervalsMax = INTERVALS_MAX;
        made.pricePerInterval = PRICE;
        made.creditPerInterval = CREDIT;
    }

    /// @notice The signatures of both parties.
    function agreed() internal view returns (bytes memory) {
        return agreedTo(terms);
    }

    function agreedTo(ServiceTerms memory terms_) internal view returns (bytes memory) {
        bytes32 digest = digestOf(terms_.hash());
        return bytes.concat(signCompact(SESSION_SECRET, digest), signCompact(NODE_SECRET, digest));
    }

    function statement(uint256 witness, uint256 up, uint256 down, uint256 through)
        internal
        view
        returns (Statement memory)
    {
        return statementBy(witnessSecrets[witness], witness, terms, up, down, through);
    }

    function statementBy(
        uint256 secret,
        uint256 witness,
        ServiceTerms memory terms_,
        uint256 up,
        uint256 down,
        uint256 through
    ) internal view returns (Statement memory) {
        UptimeTally memory tally = UptimeTally(digestOf(terms_.hash()), 4, uint32(up), uint32(down), uint32(through));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(secret, digestOf(tally.hash()));
        bytes32 vs = bytes32(uint256(s) | (uint256(v - 27) << 255));
        return Statement(uint8(witness), tally.epoch, tally.up, tally.down, tally.through, r, vs);
    }

    /// @notice The first `count` witnesses all say the same.
    function allSay(uint256 count, uint256 up, uint256 down, uint256 through)
        internal
        view
        returns (Statement[] memory statements)
    {
        statements = new Statement[](count);
        for (uint256 i = 0; i < count; ++i) {
            statements[i] = statement(i, up, down, through);
        }
    }

    function quorumSays(uint256 up, uint256 down, uint256 through) internal view returns (Statement[] memory) {
        return allSay(QUORUM, up, down, through);
    }

    function digestOf(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(escrow.domainSeparator(), structHash);
    }

    // ---------------------------------------------------------------------------------------------------- calls

    function passIntervals(uint256 count) internal {
        vm.warp(START + count * INTERVAL_SEC);
    }

    function redeemUp(uint256 up, uint256 through) internal returns (uint256) {
        return uptime.redeem(terms, key, agreed(), quorumSays(up, 0, through));
    }

    function creditDown(uint256 down, uint256 through) internal returns (uint256) {
        return uptime.credit(terms, key, agreed(), quorumSays(0, down, through));
    }

    function assertService(uint256 redeemed, uint256 credited) internal view {
        (uint256 redeemed_, uint256 credited_,,,) = uptime.serviceOf(digestOf(terms.hash()));
        assertEq(redeemed_, redeemed, "redeemed");
        assertEq(credited_, credited, "credited");
    }

    function sortedSecrets(uint256 count) internal pure returns (uint256[] memory secrets) {
        secrets = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 secret = 0x717000 + i;
            uint256 place = i;
            while (place > 0 && vm.addr(secrets[place - 1]) > vm.addr(secret)) {
                secrets[place] = secrets[place - 1];
                --place;
            }
            secrets[place] = secret;
        }
    }
}
