// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUptime} from "../../src/interfaces/IUptime.sol";
import {ServiceTerms} from "../../src/messages/ServiceTerms.sol";
import {UptimeTally} from "../../src/messages/UptimeTally.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {Statement} from "../../src/types/Statement.sol";
import {UptimeFixture} from "../utils/UptimeFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice Two services of one buyer and provider, and everybody's moves: also a quorum that lies, for what no quorum
/// can do. Keeps a model of what must come of them.
contract UptimeHandler is UptimeFixture {
    uint256 public constant SERVICES = 2;

    struct Model {
        uint256 redeemed;
        uint256 credited;
        bool ended;
        uint256 endedAt;
    }

    ChannelKey[] private _keys;
    ServiceTerms[] private _terms;
    Model[2] private _models;
    /// @notice What vouchers have paid.
    uint256 public vouchers;
    uint256[2] private _promised;

    constructor() {
        setUp();
        for (uint64 i = 0; i < SERVICES; ++i) {
            ChannelKey memory key_ = serviceKey(100 + i);
            ServiceTerms memory made = termsOf(key_);
            made.intervalsMax = 60;
            _keys.push(key_);
            _terms.push(made);
            openFor(key_, 500);
        }
    }

    // ----------------------------------------------------------------------------------------------------- calls

    function wait(uint256 intervals) external {
        vm.warp(block.timestamp + bound(intervals, 1, 8 * INTERVAL_SEC));
    }

    function redeem(uint256 service, uint256[5] calldata ups, uint256 speakers, uint256 ahead) external {
        (ServiceTerms memory terms_, ChannelKey memory key_, Model storage model) = _service(service);
        uint256 passed = _passed(terms_, ahead);
        (Statement[] memory statements, uint256 up) = _statements(terms_, ups, speakers, passed, true);
        uint256 expected = _paying(key_, terms_, model, up, passed);
        bytes memory both = agreedTo(terms_);
        if (expected == 0) vm.expectRevert();
        uint256 paid = uptime.redeem(terms_, key_, both, statements);
        if (expected != 0) _paid(model, paid, expected);
    }

    function redeemByBuyer(uint256 service, uint256 up, uint256 ahead) external {
        (ServiceTerms memory terms_, ChannelKey memory key_, Model storage model) = _service(service);
        uint256 passed = _passed(terms_, ahead);
        up = bound(up, 0, passed);
        UptimeTally memory tally = UptimeTally(digestOf(terms_.hash()), 0, uint32(up), 0, uint32(passed));
        uint256 expected = _paying(key_, terms_, model, up, passed);
        bytes memory signature = signCompact(SESSION_SECRET, digestOf(tally.hash()));
        bytes memory both = agreedTo(terms_);
        if (expected == 0) vm.expectRevert();
        uint256 paid = uptime.redeemByBuyer(terms_, key_, both, tally, signature);
        if (expected != 0) _paid(model, paid, expected);
    }

    function credit(uint256 service, uint256[5] calldata downs, uint256 speakers, uint256 ahead) external {
        (ServiceTerms memory terms_, ChannelKey memory key_, Model storage model) = _service(service);
        uint256 passed = _passed(terms_, ahead);
        (Statement[] memory statements, uint256 down) = _statements(terms_, downs, speakers, passed, false);
        uint256 now_ = uptime.elapsed(terms_);
        uint256 expected;
        if (passed <= (model.ended ? model.endedAt : now_)) {
            uint256 up = _ceil(model.redeemed, PRICE);
            if (down > now_ - up) down = now_ - up;
            uint256 cover = bonds.exposureOf(address(token), bob, address(uptime)) * 10_000 / 12_500;
            expected = down * CREDIT > model.credited ? down * CREDIT - model.credited : 0;
            if (expected > cover) expected = cover;
        }
        bytes memory both = agreedTo(terms_);
        if (expected == 0) vm.expectRevert();
        uint256 paid = uptime.credit(terms_, key_, both, statements);
        if (expected == 0) return;
        assertEq(paid, expected, "credit");
        model.credited += paid;
    }

    function end(uint256 service) external {
        (ServiceTerms memory terms_, ChannelKey memory key_, Model storage model) = _service(service);
        (uint256 deposit, uint256 settled, uint256 closeAt) = escrow.channels(key_.id());
        bool allowed = !model.ended && (closeAt != 0 || deposit - settled < PRICE);
        bytes memory both = agreedTo(terms_);
        if (!allowed) vm.expectRevert();
        vm.prank(node);
        uint256 intervals = uptime.end(terms_, key_, both);
        if (allowed) (model.ended, model.endedAt) = (true, intervals);
    }

    /// @dev The buyer pays by voucher, too: on top.
    function voucher(uint256 service, uint256 more) external {
        (, ChannelKey memory key_,) = _service(service);
        uint256 promised = _promised[service % SERVICES] + bound(more, 1, 100);
        (uint256 deposit, uint256 settled,) = escrow.channels(key_.id());
        if (promised <= settled || deposit == settled) return;
        vouchers += pay(key_, uint128(promised));
        _promised[service % SERVICES] = promised;
    }

    function fund(uint256 service, uint256 amount) external {
        (, ChannelKey memory key_,) = _service(service);
        (,, uint256 closeAt) = escrow.channels(key_.id());
        if (closeAt == 0) openFor(key_, bound(amount, 1, 300));
    }

    function close(uint256 service) external {
        (, ChannelKey memory key_,) = _service(service);
        (uint256 deposit, uint256 settled, uint256 closeAt) = escrow.channels(key_.id());
        if (closeAt == 0 && deposit > settled) {
            vm.prank(alice);
            escrow.requestClose(key_);
        } else if (closeAt != 0) {
            if (block.timestamp < closeAt) vm.warp(closeAt);
            escrow.close(key_);
        }
    }

    /// @dev Bob exposes little, so that his bond falls short at times.
    function expose(uint256 amount) external {
        uint256 cap = bonds.exposureOf(address(token), bob, address(uptime));
        vm.prank(bob);
        bonds.expose(address(token), address(uptime), cap + bound(amount, 1, 50));
    }

    // ----------------------------------------------------------------------------------------------------- model

    function modelOf(uint256 service) external view returns (Model memory) {
        return _models[service];
    }

    function serviceAt(uint256 service) external view returns (ServiceTerms memory, ChannelKey memory) {
        return (_terms[service], _keys[service]);
    }

    function world() external view returns (IUptime, address, address, address, address) {
        return (uptime, address(escrow), address(bonds), address(token), bob);
    }

    function payer() external view returns (address) {
        return alice;
    }

    function _service(uint256 service) private view returns (ServiceTerms memory, ChannelKey memory, Model storage) {
        service %= SERVICES;
        return (_terms[service], _keys[service], _models[service]);
    }

    /// @dev What a statement looks at: mostly all that has passed, sometimes less, sometimes one too many.
    function _passed(ServiceTerms memory terms_, uint256 ahead) private view returns (uint256 passed) {
        passed = uptime.elapsed(terms_);
        if (ahead % 16 == 0) return passed + 1;
        if (ahead % 4 == 0) return passed / 2;
    }

    /// @dev Any of the witnesses say anything that is possible; `agreed_` is what a quorum of them vouches for.
    function _statements(
        ServiceTerms memory terms_,
        uint256[5] calldata values,
        uint256 speakers,
        uint256 through,
        bool up
    ) private view returns (Statement[] memory statements, uint256 agreed_) {
        uint256 count;
        statements = new Statement[](5);
        // Three or more, but for one time out of eight.
        uint256 mask = speakers % 8 == 0 ? speakers >> 3 : 7 | (speakers >> 3);
        for (uint256 i = 0; i < 5; ++i) {
            if ((mask >> i) & 1 == 0) continue;
            uint256 value = bound(values[i], 0, through);
            statements[count++] = up
                ? statementBy(witnessSecrets[i], i, terms_, value, 0, through)
                : statementBy(witnessSecrets[i], i, terms_, 0, value, through);
        }
        assembly ("memory-safe") {
            mstore(statements, count)
        }
        for (uint256 candidate = 1; candidate <= through; ++candidate) {
            uint256 vouching;
            for (uint256 i = 0; i < count; ++i) {
                if ((up ? statements[i].up : statements[i].down) >= candidate) ++vouching;
            }
            if (vouching >= QUORUM) agreed_ = candidate;
        }
    }

    function _paying(
        ChannelKey memory key_,
        ServiceTerms memory terms_,
        Model storage model,
        uint256 up,
        uint256 through
    ) private view returns (uint256 expected) {
        uint256 now_ = uptime.elapsed(terms_);
        if (through > now_) return 0;
        uint256 down = _ceil(model.credited, CREDIT);
        if (up > now_ - down) up = now_ - down;
        if (up * PRICE <= model.redeemed) return 0;
        expected = up * PRICE - model.redeemed;
        (uint256 deposit, uint256 settled,) = escrow.channels(key_.id());
        if (expected > deposit - settled) expected = deposit - settled;
    }

    function _paid(Model storage model, uint256 paid, uint256 expected) private {
        assertEq(paid, expected, "redeem");
        model.redeemed += paid;
    }

    function _ceil(uint256 amount, uint256 each) private pure returns (uint256) {
        return (amount + each - 1) / each;
    }
}
