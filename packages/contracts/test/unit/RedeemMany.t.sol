// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract RedeemManyTest is EscrowFixture {
    uint256 private constant FIRST_PAYER_SECRET = 5000;

    function test_RevertWhen_RecordsAreNotWhole() public {
        uint16[5] memory sizes = [0, 1, 163, 165, 327];
        for (uint256 i = 0; i < sizes.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IEscrow.RecordsMalformed.selector, sizes[i]));
            _redeem(new bytes(sizes[i]));
        }
    }

    function test_RevertWhen_NothingIsPaid() public {
        ChannelKey memory key = _open(0, 100);
        bytes memory records = record(FIRST_PAYER_SECRET, key, 10);
        _redeem(records);
        vm.expectRevert(IEscrow.BatchPaysNothing.selector);
        _redeem(records);
    }

    function test_PaysEachChannelsVoucher() public {
        bytes memory records;
        for (uint256 i = 0; i < 5; ++i) {
            ChannelKey memory key = _open(i, 100);
            records = bytes.concat(records, record(FIRST_PAYER_SECRET + i, key, uint128(10 * (i + 1))));
        }
        vm.expectEmit(address(escrow));
        emit IEscrow.Redeemed(_key(0).id(), 10, 10, COMMITMENT);
        vm.prank(mallory);
        assertEq(_redeem(records), 150, "paid");
        assertBalance(bob, 150);
        for (uint256 i = 0; i < 5; ++i) {
            assertChannel(_key(i), 100, 10 * (i + 1), 0);
        }
    }

    function test_WhenDepositDoesNotCover_PaysWhatIsThere() public {
        ChannelKey memory key = _open(0, 100);
        vm.expectEmit(address(escrow));
        emit IEscrow.Redeemed(key.id(), 100, type(uint128).max, COMMITMENT);
        assertEq(_redeem(record(FIRST_PAYER_SECRET, key, type(uint128).max)), 100, "paid");
    }

    function test_WhenSessionKeySigns_TakesItsSignature() public {
        ChannelKey memory key = sessionKey();
        openFor(key, 100);
        assertEq(_redeem(record(SESSION_SECRET, key, 10)), 10, "paid");
    }

    function test_WhenChannelsHaveAnArbiter_PaysThemUnderIt() public {
        ChannelKey memory key = sessionKey();
        key.arbiter = address(0xA4B17E4);
        openFor(key, 100);
        bytes memory records = record(SESSION_SECRET, key, 10);
        assertEq(escrow.redeemMany(address(token), bob, key.arbiter, records), 10, "paid");
        assertChannel(key, 100, 10, 0);
    }

    function test_SkipsABadSignature() public {
        _open(0, 100);
        ChannelKey memory key = _open(1, 100);
        _skips(record(MALLORY_SECRET, _key(0), 10), key, IEscrow.SignatureInvalid.selector, 10);
    }

    function test_SkipsAVoucherForNothing_AsOld_WhoeverSignedIt() public {
        _open(0, 100);
        ChannelKey memory key = _open(1, 100);
        _skips(record(MALLORY_SECRET, _key(0), 0), key, IEscrow.VoucherNotIncreasing.selector, 0);
    }

    function test_SkipsGarbage_AlsoOfTheZeroAccount() public {
        ChannelKey memory key = _open(1, 100);
        bytes memory records = bytes.concat(new bytes(164), record(FIRST_PAYER_SECRET + 1, key, 20));
        assertEq(_redeem(records), 20, "paid");
    }

    function test_SkipsAnOldVoucher() public {
        bytes memory old = record(FIRST_PAYER_SECRET, _open(0, 100), 10);
        _redeem(old);
        _skips(old, _open(1, 100), IEscrow.VoucherNotIncreasing.selector, 10);
    }

    function test_SkipsAnEmptyChannel() public {
        bytes memory unopened = record(FIRST_PAYER_SECRET, _key(0), 10);
        _skips(unopened, _open(1, 100), IEscrow.ChannelEmpty.selector, 10);
    }

    function test_WhenSameChannelComesTwice_PaysTheLargerOnce() public {
        ChannelKey memory key = _open(0, 100);
        bytes memory larger = record(FIRST_PAYER_SECRET, key, 30);
        bytes memory smaller = record(FIRST_PAYER_SECRET, key, 20);
        assertEq(_redeem(bytes.concat(smaller, larger, smaller, larger)), 30, "paid");
    }

    function test_RevertWhen_VouchersAreForAnotherPayee() public {
        bytes memory records = record(FIRST_PAYER_SECRET, _open(0, 100), 10);
        vm.expectRevert(IEscrow.BatchPaysNothing.selector);
        escrow.redeemMany(address(token), mallory, address(0), records);
    }

    /// @dev A batch does exactly what redeeming its vouchers one by one does.
    function testFuzz_EqualsRedeemingOneByOne(uint256 seed, uint8 count) public {
        count = uint8(bound(count, 1, 12));
        uint256 expected;
        uint256[3] memory largest;
        bytes memory records;
        for (uint256 i = 0; i < 3; ++i) {
            _open(i, 100);
        }
        for (uint256 i = 0; i < count; ++i) {
            uint256 random = uint256(keccak256(abi.encode(seed, i)));
            (uint256 channel, uint128 cumulative) = (random % 3, uint128((random >> 8) % 150));
            bool good = (random >> 128) % 4 != 0;
            uint256 secret = good ? FIRST_PAYER_SECRET + channel : MALLORY_SECRET;
            records = bytes.concat(records, record(secret, _key(channel), cumulative));
            uint256 worth = cumulative > 100 ? 100 : cumulative;
            if (good && worth > largest[channel]) largest[channel] = worth;
        }
        for (uint256 i = 0; i < 3; ++i) {
            expected += largest[i];
        }
        if (expected == 0) {
            vm.expectRevert(IEscrow.BatchPaysNothing.selector);
            _redeem(records);
            return;
        }
        assertEq(_redeem(records), expected, "paid");
        assertBalance(bob, expected);
        for (uint256 i = 0; i < 3; ++i) {
            assertChannel(_key(i), 100, largest[i], 0);
        }
    }

    /// @dev `bad` is logged as skipped for `reason`, and a good voucher after it is paid all the same.
    function _skips(bytes memory bad, ChannelKey memory good, bytes4 reason, uint256 cumulative) private {
        bytes memory records = bytes.concat(bad, record(FIRST_PAYER_SECRET + 1, good, 20));
        vm.expectEmit(address(escrow));
        emit IEscrow.VoucherSkipped(_key(0).id(), cumulative, reason);
        vm.recordLogs();
        assertEq(_redeem(records), 20, "paid");
        assertEq(vm.getRecordedLogs().length, 2, "one skipped, one redeemed");
    }

    function _redeem(bytes memory records) private returns (uint256) {
        return escrow.redeemMany(address(token), bob, address(0), records);
    }

    function _key(uint256 i) private view returns (ChannelKey memory) {
        return keyOf(vm.addr(FIRST_PAYER_SECRET + i), bob, address(0), 1);
    }

    function _open(uint256 i, uint256 amount) private returns (ChannelKey memory key) {
        key = _key(i);
        openFor(key, amount);
    }
}
