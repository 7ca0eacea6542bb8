// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IEscrow} from "../../src/interfaces/IEscrow.sol";
import {Authorization, IEscrowDeposits, Permit2Terms} from "../../src/interfaces/IEscrowDeposits.sol";
import {ChannelKey} from "../../src/types/ChannelKey.sol";
import {CallingToken, FeeToken, RefusingToken, SilentToken} from "../tokens/HostileTokens.sol";
import {ITestToken} from "../tokens/ITestToken.sol";
import {compact} from "../utils/CompactSignature.sol";
import {EscrowFixture} from "../utils/EscrowFixture.sol";
import {vm} from "../utils/Vm.sol";

/// @notice Tokens that do not play by the rules harm nobody but, at most, their own holders.
contract HostileTokensTest is EscrowFixture {
    function test_FeeOnTransfer_IsCreditedByWhatArrived() public {
        _use(address(new FeeToken()), 2000);
        vm.startPrank(alice);
        assertEq(escrow.deposit(address(token), alice, 1000), 990, "credited");
        escrow.depositAndOpen(sessionKey(), 1000);
        vm.stopPrank();
        assertBalance(alice, 990);
        assertChannel(sessionKey(), 990, 0, 0);
        assertEq(escrow.liabilities(address(token)), token.balanceOf(address(escrow)), "liabilities");
        pay(sessionKey(), 990);
        vm.prank(bob);
        escrow.withdraw(address(token), bob, 990);
        assertEq(token.balanceOf(bob), 981, "arrived");
        assertEq(escrow.liabilities(address(token)), token.balanceOf(address(escrow)), "liabilities");
    }

    function test_NoReturnValue_Works() public {
        _use(address(new SilentToken()), 10);
        vm.startPrank(alice);
        escrow.deposit(address(token), alice, 10);
        escrow.withdraw(address(token), bob, 4);
        assertEq(token.balanceOf(bob), 4, "arrived");
    }

    function test_FalseForAnAnswer_Reverts() public {
        _use(address(new RefusingToken()), 10);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        escrow.deposit(address(token), alice, 10);
    }

    function test_ReenteringDeposit_IsRefused() public {
        CallingToken calling = _useCalling();
        calling.callOnTransfer(address(escrow), abi.encodeCall(IEscrowDeposits.deposit, (address(token), mallory, 5)));
        vm.prank(alice);
        escrow.deposit(address(token), alice, 10);
        _assertRefused(calling);
        assertBalance(alice, 10);
        assertBalance(mallory, 0);
    }

    function test_ReenteringWithdrawAndDepositAndOpen_IsRefused() public {
        CallingToken calling = _useCalling();
        calling.callOnTransfer(address(escrow), abi.encodeCall(IEscrow.withdraw, (address(token), mallory, 5)));
        vm.prank(alice);
        escrow.depositAndOpen(sessionKey(), 10);
        _assertRefused(calling);
        calling.callOnTransfer(address(escrow), abi.encodeCall(IEscrowDeposits.depositAndOpen, (sessionKey(), 5)));
        vm.prank(alice);
        escrow.deposit(address(token), alice, 10);
        _assertRefused(calling);
        assertEq(escrow.liabilities(address(token)), 20, "liabilities");
    }

    function test_RevertWhen_DepositingBySignatureInTheMiddleOfATransfer() public {
        CallingToken calling = _useCalling();
        Permit2Terms memory terms = Permit2Terms(alice, 10, 1, block.timestamp + 1);
        Authorization memory authorization = Authorization(alice, 10, 0, block.timestamp + 1, 0);
        bytes[4] memory calls = [
            abi.encodeCall(IEscrowDeposits.depositWithPermit, (address(token), alice, 10, block.timestamp, 27, 0, 0)),
            abi.encodeCall(IEscrowDeposits.depositWithAuthorization, (address(token), alice, authorization, 27, 0, 0)),
            abi.encodeCall(IEscrowDeposits.depositWithPermit2, (address(token), alice, terms, "")),
            abi.encodeCall(IEscrowDeposits.depositAndOpenWithPermit2, (sessionKey(), terms, ""))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            calling.callOnTransfer(address(escrow), calls[i]);
            vm.prank(alice);
            escrow.deposit(address(token), alice, 1);
            _assertRefused(calling);
        }
    }

    /// @dev The token is not stopped from redeeming in the middle of a withdrawal; it just gains nothing by it.
    function test_RedeemingInTheMiddleOfATransfer_LeavesEverySumIntact() public {
        CallingToken calling = _useCalling();
        ChannelKey memory key = sessionKey();
        vm.startPrank(alice);
        escrow.depositAndOpen(key, 10);
        escrow.deposit(address(token), alice, 20);
        bytes memory signature = voucher(SESSION_SECRET, key, 10);
        calling.callOnTransfer(
            address(escrow), abi.encodeCall(IEscrow.redeem, (key, 10, COMMITMENT, compact(signature)))
        );
        escrow.withdraw(address(token), alice, 20);
        vm.assertTrue(calling.called(), "called");
        assertBalance(bob, 10);
        assertBalance(alice, 0);
        assertChannel(key, 10, 10, 0);
        assertEq(escrow.liabilities(address(token)), 10, "liabilities");
        assertEq(token.balanceOf(address(escrow)), 10, "tokens");
    }

    function test_OneTokensMoney_IsNotAnothers() public {
        address good = address(token);
        vm.prank(alice);
        escrow.deposit(good, alice, 10);
        _use(address(new FeeToken()), 10);
        vm.startPrank(alice);
        escrow.deposit(address(token), alice, 10);
        vm.expectRevert(abi.encodeWithSelector(IEscrow.BalanceInsufficient.selector, 10, 11));
        escrow.withdraw(good, alice, 11);
        assertEq(escrow.liabilities(good), 10, "liabilities");
    }

    function _useCalling() private returns (CallingToken calling) {
        calling = new CallingToken();
        _use(address(calling), 100);
    }

    function _use(address other, uint256 funds) private {
        token = ITestToken(other);
        token.mint(alice, funds);
        // Not every token answers to approve, as IERC20 says it should.
        vm.prank(alice);
        (bool approved,) = other.call(abi.encodeCall(token.approve, (address(escrow), funds)));
        vm.assertTrue(approved, "approved");
    }

    function _assertRefused(CallingToken calling) private view {
        vm.assertTrue(!calling.called(), "refused");
        bytes4 reason = bytes4(calling.answer());
        vm.assertEq(bytes32(reason), ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector, "reason");
    }
}
