// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Vouchers} from "../../src/libraries/Vouchers.sol";
import {ChannelId} from "../../src/types/ChannelId.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {compact, rOf, vsOf} from "../utils/CompactSignature.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

contract RedeemTest is EscrowFixture {
    /// @dev Order of secp256k1's group.
    uint256 private constant N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    ChannelKey private key;

    function setUp() public override {
        super.setUp();
        key = sessionKey();
        openFor(key, 100);
    }

    // ------------------------------------------------------------------------------------------------- signatures

    function test_RevertWhen_SignerIsSomebodyElse() public {
        _refuses(voucher(MALLORY_SECRET, key, 10), 10);
        // The payer itself does not sign once a session key is named.
        _refuses(voucher(ALICE_SECRET, key, 10), 10);
    }

    function test_RevertWhen_AnythingSignedIsChanged() public {
        bytes memory signature = voucher(SESSION_SECRET, key, 10);
        _refuses(signature, 11);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, session));
        escrow.redeem(key, 10, keccak256("other receipts"), compact(signature));
        key = keyOf(alice, bob, session, 2);
        openFor(key, 100);
        _refuses(signature, 10);
    }

    function test_RevertWhen_SignedForAnotherChain() public {
        bytes memory signature = voucher(SESSION_SECRET, key, 10);
        vm.chainId(999);
        _refuses(signature, 10);
    }

    function test_RevertWhen_SignedForAnotherEscrow() public {
        bytes memory signature = voucher(SESSION_SECRET, key, 10);
        IEscrow first = escrow;
        escrow = IEscrow(vm.deployCode("Escrow.sol:Escrow"));
        vm.assertTrue(first.domainSeparator() != escrow.domainSeparator(), "domains");
        _refuses(signature, 10);
    }

    function test_WhenChainIdChanges_TakesSignaturesForTheNewOne() public {
        vm.chainId(999);
        assertEq(pay(key, 10), 10, "paid");
    }

    function test_RevertWhen_SignatureIsNoSignature() public {
        _refuses(new bytes(64), 10);
        _refuses(abi.encodePacked(N, uint256(1)), 10);
        _refuses(abi.encodePacked(uint256(1), N), 10);
    }

    function test_WhenNoSignerIsNamed_ThePayerSigns() public {
        key = keyOf(alice, bob, address(0), 1);
        openFor(key, 100);
        _refuses(voucher(SESSION_SECRET, key, 10), 10, alice);
        bytes memory signature = voucher(ALICE_SECRET, key, 10);
        assertEq(escrow.redeem(key, 10, COMMITMENT, compact(signature)), 10, "paid");
    }

    /// @dev Recovery answers zero for garbage; a channel of the zero account must not take that for its signer.
    function test_RevertWhen_SignerWouldBeZero() public {
        key = keyOf(address(0), bob, address(0), 1);
        _refuses(new bytes(64), 10, address(0));
    }

    function testFuzz_RevertWhen_SignatureIsRandom(bytes32 r, bytes32 vs, uint128 cumulative) public {
        _refuses(abi.encodePacked(r, vs), cumulative);
    }

    /// @dev Nothing checks that an account of the key has only 160 bits: the id of a key whose words have more is that of a
    /// channel which holds nothing, signed for or not.
    function testFuzz_RevertWhen_AccountIsLargerThanAnAddress(uint256 index, uint96 excess, uint128 cumulative) public {
        vm.assume(excess != 0);
        if (cumulative == 0) cumulative = 1;
        bytes memory words = abi.encode(key);
        uint256 offset = 0x20 * (1 + index % 4);
        assembly ("memory-safe") {
            let place := add(words, offset)
            mstore(place, or(mload(place), shl(160, excess)))
        }
        ChannelId id = ChannelId.wrap(keccak256(words));
        bytes memory signature = signCompact(SESSION_SECRET, voucherDigest(id, cumulative, COMMITMENT));
        bytes memory arguments = abi.encode(cumulative, COMMITMENT, rOf(signature), vsOf(signature));

        (bool done, bytes memory answer) =
            address(escrow).call(abi.encodePacked(IEscrow.redeem.selector, words, arguments));

        vm.assertTrue(!done, "refused");
        vm.assertEq(keccak256(answer), keccak256(abi.encodeWithSelector(IEscrow.ChannelEmpty.selector, id)), "reason");
        assertBalance(bob, 0);
    }

    function testFuzz_DigestIsTheEip712Digest(bytes32 domain, ChannelId id, uint128 cumulative, bytes32 commitment)
        public
        pure
    {
        bytes32 structHash = keccak256(abi.encode(Vouchers.TYPEHASH, id, cumulative, commitment));
        bytes32 expected = MessageHashUtils.toTypedDataHash(domain, structHash);
        vm.assertEq(Vouchers.digest(domain, id, cumulative, commitment), expected, "digest");
    }

    // ---------------------------------------------------------------------------------------------------- payment

    function test_PaysThePayee_WhoeverCalls() public {
        bytes memory signature = voucher(SESSION_SECRET, key, 10);
        vm.expectEmit(address(escrow));
        emit IEscrow.Redeemed(key.id(), 10, 10, COMMITMENT);
        vm.prank(mallory);
        assertEq(escrow.redeem(key, 10, COMMITMENT, compact(signature)), 10, "paid");
        assertBalance(bob, 10);
        assertBalance(mallory, 0);
        assertChannel(key, 100, 10, 0);
    }

    function test_WhenPaidBefore_PaysTheDifference() public {
        pay(key, 10);
        assertEq(pay(key, 25), 15, "paid");
        assertBalance(bob, 25);
        assertChannel(key, 100, 25, 0);
    }

    function test_RevertWhen_VoucherWasPaid() public {
        pay(key, 10);
        bytes memory same = voucher(SESSION_SECRET, key, 10);
        bytes memory older = voucher(SESSION_SECRET, key, 9);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.VoucherNotIncreasing.selector, 10, 10));
        escrow.redeem(key, 10, COMMITMENT, compact(same));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.VoucherNotIncreasing.selector, 10, 9));
        escrow.redeem(key, 9, COMMITMENT, compact(older));
    }

    function test_RevertWhen_VoucherPromisesNothing() public {
        bytes memory signature = voucher(SESSION_SECRET, key, 0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.VoucherNotIncreasing.selector, 0, 0));
        escrow.redeem(key, 0, COMMITMENT, compact(signature));
    }

    function test_WhenDepositDoesNotCover_PaysAndLogsWhatIsThere() public {
        pay(key, 30);
        bytes memory signature = voucher(SESSION_SECRET, key, type(uint128).max);
        vm.expectEmit(address(escrow));
        emit IEscrow.Redeemed(key.id(), 70, type(uint128).max, COMMITMENT);
        assertEq(escrow.redeem(key, type(uint128).max, COMMITMENT, compact(signature)), 70, "paid");
        assertChannel(key, 100, 100, 0);
    }

    function test_WhenToppedUpLater_PaysTheRestOfTheSameVoucher() public {
        pay(key, 130);
        openFor(key, 50);
        assertEq(pay(key, 130), 30, "paid");
        assertChannel(key, 150, 130, 0);
    }

    function test_RevertWhen_ChannelIsPaidOut() public {
        pay(key, 100);
        bytes memory signature = voucher(SESSION_SECRET, key, 101);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelEmpty.selector, key.id()));
        escrow.redeem(key, 101, COMMITMENT, compact(signature));
    }

    function test_RevertWhen_ChannelWasNeverOpened() public {
        key = keyOf(alice, bob, session, 9);
        bytes memory signature = voucher(SESSION_SECRET, key, 1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.ChannelEmpty.selector, key.id()));
        escrow.redeem(key, 1, COMMITMENT, compact(signature));
    }

    function test_WhenClosing_StillPays() public {
        vm.prank(alice);
        uint256 closeAt = escrow.requestClose(key);
        vm.warp(closeAt + 1);
        assertEq(pay(key, 10), 10, "paid");
        assertChannel(key, 100, 10, closeAt);
    }

    /// @dev Whatever vouchers come in whatever order, the channel pays its largest one, once.
    function testFuzz_PaysTheLargestOnce(uint128[6] memory cumulatives) public {
        uint256 largest;
        for (uint256 i = 0; i < cumulatives.length; ++i) {
            uint128 cumulative = uint128(bound(cumulatives[i], 0, 150));
            if (cumulative > largest) largest = cumulative;
            bytes memory signature = voucher(SESSION_SECRET, key, cumulative);
            try escrow.redeem(key, cumulative, COMMITMENT, compact(signature)) {} catch {}
        }
        assertBalance(bob, largest > 100 ? 100 : largest);
    }

    // ------------------------------------------------------------------------------------------- redeemAndClose

    function test_RedeemAndClose_RevertWhen_CallerIsNotThePayee() public {
        bytes memory signature = voucher(SESSION_SECRET, key, 10);
        address[3] memory others = [alice, session, mallory];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.CallerNotParty.selector, others[i]));
            escrow.redeemAndClose(key, 10, COMMITMENT, compact(signature));
        }
    }

    function test_RedeemAndClose_RevertWhen_TheVoucherIsBadOrOld() public {
        bytes memory forged = voucher(MALLORY_SECRET, key, 10);
        vm.startPrank(bob);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, session));
        escrow.redeemAndClose(key, 10, COMMITMENT, compact(forged));
        bytes memory good = voucher(SESSION_SECRET, key, 10);
        escrow.redeemAndClose(key, 10, COMMITMENT, compact(good));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.VoucherNotIncreasing.selector, 10, 10));
        escrow.redeemAndClose(key, 10, COMMITMENT, compact(good));
    }

    function test_RedeemAndClose_PaysThePayee_AndRefundsTheRest() public {
        bytes memory signature = voucher(SESSION_SECRET, key, 10);
        vm.expectEmit(address(escrow));
        emit IEscrow.Redeemed(key.id(), 10, 10, COMMITMENT);
        vm.expectEmit(address(escrow));
        emit IEscrow.ChannelClosed(key.id(), 90);
        vm.prank(bob);
        (uint256 paid, uint256 refunded) = escrow.redeemAndClose(key, 10, COMMITMENT, compact(signature));
        assertEq(paid, 10, "paid");
        assertEq(refunded, 90, "refunded");
        assertBalance(bob, 10);
        assertBalance(alice, 90);
        assertChannel(key, 10, 10, 0);
    }

    function test_RedeemAndClose_WhenClosing_EndsThat() public {
        vm.prank(alice);
        escrow.requestClose(key);
        bytes memory signature = voucher(SESSION_SECRET, key, 200);
        vm.prank(bob);
        (uint256 paid, uint256 refunded) = escrow.redeemAndClose(key, 200, COMMITMENT, compact(signature));
        assertEq(paid, 100, "paid");
        assertEq(refunded, 0, "refunded");
        assertChannel(key, 100, 100, 0);
    }

    function _refuses(bytes memory signature, uint128 cumulative) private {
        _refuses(signature, cumulative, session);
    }

    function _refuses(bytes memory signature, uint128 cumulative, address expected) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, expected));
        escrow.redeem(key, cumulative, COMMITMENT, compact(signature));
    }
}
