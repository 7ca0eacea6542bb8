// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IEscrowDeposits} from "../../src/interfaces/IEscrowDeposits.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {ChannelMeta, ChannelMetas} from "../../src/types/ChannelMeta.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract OpenTest is EscrowFixture {
    ChannelKey private key;

    function setUp() public override {
        super.setUp();
        key = sessionKey();
        vm.prank(alice);
        escrow.deposit(address(token), alice, 100);
    }

    function test_RevertWhen_PayerOrPayeeIsZero() public {
        vm.startPrank(alice);
        key.payer = address(0);
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.open(key, 1);
        (key.payer, key.payee) = (alice, address(0));
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.open(key, 1);
    }

    function test_RevertWhen_AmountIsZero() public {
        vm.prank(alice);
        vm.expectRevert(IEscrow.AmountZero.selector);
        escrow.open(key, 0);
    }

    function test_RevertWhen_BalanceIsTooLow() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 100, 101));
        escrow.open(key, 101);
    }

    function test_RevertWhen_CloseDelayIsOutOfRange() public {
        uint32[4] memory delays = [uint32(0), 1 hours - 1, 30 days + 1, type(uint32).max];
        vm.startPrank(alice);
        for (uint256 i = 0; i < delays.length; ++i) {
            key.meta = ChannelMetas.encode(session, delays[i], 1);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.CloseDelayOutOfRange.selector, delays[i], 1 hours, 30 days));
            escrow.open(key, 1);
        }
    }

    function test_TakesTheShortestAndLongestCloseDelay() public {
        vm.startPrank(alice);
        key.meta = ChannelMetas.encode(session, uint32(escrow.CLOSE_DELAY_MIN_SEC()), 1);
        escrow.open(key, 1);
        key.meta = ChannelMetas.encode(session, uint32(escrow.CLOSE_DELAY_MAX_SEC()), 1);
        escrow.open(key, 1);
    }

    function test_RevertWhen_ChannelIsClosing() public {
        vm.startPrank(alice);
        escrow.open(key, 1);
        uint256 closeAt = escrow.requestClose(key);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelClosing.selector, closeAt));
        escrow.open(key, 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelClosing.selector, closeAt));
        escrow.depositAndOpen(key, 1);
    }

    function test_RevertWhen_ChannelIsFull() public {
        uint256 max = type(uint104).max;
        token.mint(alice, max);
        vm.startPrank(alice);
        escrow.depositAndOpen(key, max);
        assertChannel(key, max, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelFull.selector, max, 1));
        escrow.open(key, 1);
    }

    function test_MovesBalanceIntoTheChannel_AndTellsItsKey() public {
        ChannelId id = key.id();
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelOpened(id, alice, bob, address(token), address(0), ChannelMeta.unwrap(key.meta));
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelFunded(id, alice, 30, 30);
        vm.prank(alice);
        ChannelId answered = escrow.open(key, 30);
        vm.assertEq(ChannelId.unwrap(answered), ChannelId.unwrap(id), "id");
        assertChannel(key, 30, 0, 0);
        assertBalance(alice, 70);
        assertEq(escrow.liabilities(address(token)), 100, "liabilities");
    }

    function test_WhenOpen_TopsUp() public {
        vm.startPrank(alice);
        escrow.open(key, 30);
        vm.recordLogs();
        escrow.open(key, 5);
        assertEq(vm.getRecordedLogs().length, 1, "only ChannelFunded");
        assertChannel(key, 35, 0, 0);
    }

    function test_WhenCallerIsNotThePayer_TakesTheCallersMoney() public {
        token.mint(mallory, 5);
        vm.startPrank(mallory);
        token.approve(address(escrow), 5);
        escrow.deposit(address(token), mallory, 5);
        escrow.open(key, 5);
        assertBalance(mallory, 0);
        assertBalance(alice, 100);
        assertChannel(key, 5, 0, 0);
    }

    function test_KeysThatDifferInAnything_AreOtherChannels() public {
        vm.startPrank(alice);
        escrow.open(key, 1);
        ChannelKey memory other = sessionKey();
        other.arbiter = carol;
        escrow.open(other, 2);
        other = keyOf(alice, bob, session, 2);
        escrow.open(other, 3);
        other = keyOf(alice, bob, address(0), 1);
        escrow.open(other, 4);
        other = keyOf(alice, carol, session, 1);
        escrow.open(other, 5);
        assertChannel(key, 1, 0, 0);
        assertBalance(alice, 85);
    }

    function test_DepositAndOpen_TakesTokensAndLeavesTheBalance() public {
        vm.expectEmit(address(escrow));
        emit IEscrowDeposits.Deposited(address(token), alice, alice, 9);
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelOpened(key.id(), alice, bob, address(token), address(0), ChannelMeta.unwrap(key.meta));
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelFunded(key.id(), alice, 9, 9);
        vm.prank(alice);
        escrow.depositAndOpen(key, 9);
        assertBalance(alice, 100);
        assertChannel(key, 9, 0, 0);
        assertEq(escrow.liabilities(address(token)), 109, "liabilities");
    }

    function testFuzz_IdIsTheHashOfTheKey(ChannelKey memory any) public view {
        bytes32 expected = keccak256(abi.encode(any.payer, any.payee, any.token, any.arbiter, any.meta));
        vm.assertEq(ChannelId.unwrap(escrow.channelId(any)), expected, "id");
    }

    function testFuzz_MetaPacksItsParts(address signer, uint32 delay, uint64 salt) public pure {
        ChannelMeta meta = ChannelMetas.encode(signer, delay, salt);
        vm.assertEq(meta.signer(), signer, "signer");
        vm.assertEq(uint256(meta.closeDelaySec()), delay, "delay");
        vm.assertEq(uint256(meta.salt()), salt, "salt");
    }
}
