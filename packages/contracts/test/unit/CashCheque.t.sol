// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {IEscrowOrders} from "../../src/interfaces/IEscrowOrders.sol";
import {Cheque} from "../../src/messages/Cheque.sol";
import {rOf, vsOf} from "../utils/CompactSignature.sol";
import {OrderFixture} from "../utils/OrderFixture.sol";
import {vm} from "../utils/Vm.sol";
import {OwnedWallet, ScriptedWallet} from "../utils/Wallets.sol";

contract CashChequeTest is OrderFixture {
    // ---------------------------------------------------------------------------------------------- authorisation

    function test_RevertWhen_SignedBySomebodyElse() public {
        _refuses(chequeOf(10), sign(MALLORY_SECRET, chequeOf(10)));
        // A session key signs vouchers, and nothing else.
        _refuses(chequeOf(10), sign(SESSION_SECRET, chequeOf(10)));
    }

    function test_RevertWhen_AnythingSignedIsChanged() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(10));
        Cheque memory cheque = chequeOf(11);
        _refuses(cheque, signature);
        cheque = chequeOf(10);
        cheque.payee = mallory;
        _refuses(cheque, signature);
        cheque = chequeOf(10);
        cheque.token = mallory;
        _refuses(cheque, signature);
        cheque = chequeOf(10);
        cheque.nonce = 2;
        _refuses(cheque, signature);
        cheque = chequeOf(10);
        cheque.expiresAt += 1;
        _refuses(cheque, signature);
        cheque = chequeOf(10);
        cheque.payer = bob;
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, bob));
        escrow.cashCheque(cheque, signature);
    }

    function test_RevertWhen_SignedForAnotherChainOrEscrow() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(10));
        vm.chainId(999);
        _refuses(chequeOf(10), signature);
        vm.chainId(31337);
        escrow = IEscrow(vm.deployCode("Escrow.sol:Escrow"));
        _refuses(chequeOf(10), signature);
    }

    function test_RevertWhen_SignatureIsNoSignature() public {
        _refuses(chequeOf(10), "");
        _refuses(chequeOf(10), new bytes(64));
        _refuses(chequeOf(10), new bytes(65));
        _refuses(chequeOf(10), new bytes(66));
    }

    function test_TakesA65ByteSignature() public {
        bytes memory compact = sign(ALICE_SECRET, chequeOf(10));
        (bytes32 r, uint256 vs) = abi.decode(compact, (bytes32, uint256));
        escrow.cashCheque(chequeOf(10), abi.encodePacked(r, (vs << 1) >> 1, uint8(27 + (vs >> 255))));
        assertBalance(bob, 10);
    }

    function test_RevertWhen_PayerIsZero() public {
        Cheque memory cheque = chequeOf(10);
        cheque.payer = address(0);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, address(0)));
        escrow.cashCheque(cheque, new bytes(65));
    }

    /// @dev The precompile answers nothing to what is no signature, and nothing is nobody: not even account 1.
    function test_RevertWhen_PayerIsOne() public {
        Cheque memory cheque = chequeOf(10);
        cheque.payer = address(1);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, address(1)));
        escrow.cashCheque(cheque, new bytes(64));
    }

    function test_SignedInTheLongForm() public {
        bytes memory compact = sign(ALICE_SECRET, chequeOf(10));
        (bytes32 r, bytes32 vs) = (rOf(compact), vsOf(compact));
        bytes32 s = vs & bytes32(uint256(type(int256).max));
        escrow.cashCheque(chequeOf(10), abi.encodePacked(r, s, uint8(27 + uint256(vs >> 255))));
        assertBalance(bob, 10);
    }

    function test_RevertWhen_Expired() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(10));
        vm.warp(expiresAt);
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.OrderExpired.selector, expiresAt));
        escrow.cashCheque(chequeOf(10), signature);
        vm.warp(expiresAt - 1);
        escrow.cashCheque(chequeOf(10), signature);
    }

    function test_RevertWhen_CashedBefore() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(10));
        escrow.cashCheque(chequeOf(10), signature);
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.NonceUsed.selector, alice, 1));
        escrow.cashCheque(chequeOf(10), signature);
        assertBalance(bob, 10);
    }

    /// @dev One of two orders with the same nonce can be carried out, whatever they are.
    function test_RevertWhen_AnotherOrderHadTheNonce() public {
        escrow.withdrawFor(withdrawalOf(1), sign(ALICE_SECRET, withdrawalOf(1)));
        bytes memory signature = sign(ALICE_SECRET, chequeOf(10));
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.NonceUsed.selector, alice, 1));
        escrow.cashCheque(chequeOf(10), signature);
    }

    // ------------------------------------------------------------------------------------------------ ERC-1271

    function test_WhenPayerIsAContract_AsksIt() public {
        Cheque memory cheque = chequeOf(10);
        cheque.payer = address(new OwnedWallet(mallory));
        _fund(cheque.payer);
        bytes memory signature = sign(ALICE_SECRET, cheque);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, cheque.payer));
        escrow.cashCheque(cheque, signature);
        escrow.cashCheque(cheque, sign(MALLORY_SECRET, cheque));
        assertBalance(bob, 10);
        assertBalance(cheque.payer, 90);
    }

    /// @dev The payer is in what is signed: what is good for one wallet of an owner is not for its other.
    function test_WhenOwnerHasTwoWallets_EachIsAskedForItsOwn() public {
        Cheque memory cheque = chequeOf(10);
        cheque.payer = address(new OwnedWallet(mallory));
        bytes memory signature = sign(MALLORY_SECRET, cheque);
        cheque.payer = address(new OwnedWallet(mallory));
        _fund(cheque.payer);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, cheque.payer));
        escrow.cashCheque(cheque, signature);
    }

    /// @dev An account with a key that also has code, as EIP-7702 makes them, is believed by its key.
    function test_WhenAccountHasKeyAndCode_TakesTheKey() public {
        ScriptedWallet wallet = new ScriptedWallet();
        vm.etch(alice, address(wallet).code);
        escrow.cashCheque(chequeOf(10), sign(ALICE_SECRET, chequeOf(10)));
        assertBalance(bob, 10);
    }

    function test_RevertWhen_TheContractSaysAnythingElse() public {
        ScriptedWallet wallet = new ScriptedWallet();
        Cheque memory cheque = chequeOf(10);
        cheque.payer = address(wallet);
        _fund(address(wallet));
        bytes4 yes = 0x1626ba7e;
        bytes[5] memory answers = [bytes(""), abi.encode(true), abi.encodePacked(yes), abi.encode(0), new bytes(4096)];
        for (uint256 i = 0; i < answers.length; ++i) {
            wallet.script(answers[i], false);
            vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, address(wallet)));
            escrow.cashCheque(cheque, "");
        }
        wallet.script(abi.encode(yes), true);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, address(wallet)));
        escrow.cashCheque(cheque, "");
        wallet.script(abi.encode(yes), false);
        escrow.cashCheque(cheque, "");
    }

    // ------------------------------------------------------------------------------------------------- payment

    function test_PaysThePayee_WhoeverCalls() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(10));
        vm.expectEmit(address(escrow));
        emit IEscrowOrders.ChequeCashed(alice, bob, address(token), 10, 1);
        vm.prank(mallory);
        escrow.cashCheque(chequeOf(10), signature);
        assertBalance(alice, 90);
        assertBalance(bob, 10);
        assertBalance(mallory, 0);
        assertEq(escrow.liabilities(address(token)), 100, "liabilities");
        assertEq(escrow.nonceBitmap(alice, 0), 2, "nonces");
    }

    function test_RevertWhen_BalanceIsTooLow_AndPaysLater() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(101));
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 100, 101));
        escrow.cashCheque(chequeOf(101), signature);
        vm.prank(alice);
        escrow.deposit(address(token), alice, 1);
        escrow.cashCheque(chequeOf(101), signature);
        assertBalance(bob, 101);
    }

    function test_RevertWhen_AmountIsZero() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(0));
        vm.expectRevert(IEscrow.AmountZero.selector);
        escrow.cashCheque(chequeOf(0), signature);
    }

    function test_RevertWhen_PayeeIsZero() public {
        Cheque memory cheque = chequeOf(10);
        cheque.payee = address(0);
        bytes memory signature = sign(ALICE_SECRET, cheque);
        vm.expectRevert(IEscrow.AccountZero.selector);
        escrow.cashCheque(cheque, signature);
    }

    function test_ToOneself_ChangesNothing() public {
        Cheque memory cheque = chequeOf(10);
        cheque.payee = alice;
        escrow.cashCheque(cheque, sign(ALICE_SECRET, cheque));
        assertBalance(alice, 100);
    }

    // ------------------------------------------------------------------------------------------------- nonces

    function test_CancelNonces_MakesThemUnusable_ForTheCaller() public {
        bytes memory signature = sign(ALICE_SECRET, chequeOf(10));
        vm.prank(mallory);
        escrow.cancelNonces(0, type(uint256).max);
        vm.expectEmit(address(escrow));
        emit IEscrowOrders.NoncesCancelled(alice, 0, 2);
        vm.prank(alice);
        escrow.cancelNonces(0, 2);
        vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.NonceUsed.selector, alice, 1));
        escrow.cashCheque(chequeOf(10), signature);
        Cheque memory other = chequeOf(10);
        other.nonce = 2;
        escrow.cashCheque(other, sign(ALICE_SECRET, other));
        assertEq(escrow.nonceBitmap(alice, 0), 6, "nonces");
    }

    function test_CancelNonces_LeavesUsedOnesUsed() public {
        escrow.cashCheque(chequeOf(10), sign(ALICE_SECRET, chequeOf(10)));
        vm.prank(alice);
        escrow.cancelNonces(0, 4);
        assertEq(escrow.nonceBitmap(alice, 0), 6, "nonces");
    }

    /// @dev Nonces in whatever order: each once, and none gets in the way of another.
    function testFuzz_NoncesHaveNoOrder(uint64[6] memory nonces) public {
        uint256 paid;
        for (uint256 i = 0; i < nonces.length; ++i) {
            Cheque memory cheque = chequeOf(1);
            cheque.nonce = nonces[i];
            bool used;
            for (uint256 j = 0; j < i; ++j) {
                used = used || nonces[j] == nonces[i];
            }
            bytes memory signature = sign(ALICE_SECRET, cheque);
            if (used) vm.expectRevert(abi.encodeWithSelector(IEscrowOrders.NonceUsed.selector, alice, nonces[i]));
            escrow.cashCheque(cheque, signature);
            if (!used) ++paid;
            assertEq((escrow.nonceBitmap(alice, nonces[i] >> 8) >> (nonces[i] & 0xff)) & 1, 1, "bit");
        }
        assertBalance(bob, paid);
    }

    function _fund(address account) private {
        vm.prank(alice);
        escrow.deposit(address(token), account, 100);
    }

    function _refuses(Cheque memory cheque, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IEscrow.SignatureInvalid.selector, alice));
        escrow.cashCheque(cheque, signature);
    }
}
